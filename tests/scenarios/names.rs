//! Every odd name and every odd thing that lies in folders: uploaded under its key, or refused by name, and the rest goes
//! on. The real command line without superuser's powers, against the real store.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use davit_tests::World;
use davit_tests::source::{noise, sha256, sparse};

/// Uploaded under their own names.
const FINE: [&str; 46] = [
    "a b.txt",
    " leading",
    "trailing ",
    "trailing.",
    "...",
    "..a",
    "-rf",
    "~tilde",
    "CON",
    "nul.txt",
    "stream:of.txt",
    "back\\slash",
    "100%.txt",
    "%2e%2e",
    "%2F",
    "%zz",
    "a+b",
    "a&b=c",
    "q?versionId=1",
    "uploadId=2&partNumber=1",
    "star*",
    "<tag>&amp;.xml",
    "\"double\" 'single'",
    "pipe|",
    "#hash",
    "semi;colon,comma",
    "^caret`tick",
    "{brace}[bracket]",
    "$dollar",
    "a@b!(c)",
    "soap",
    "index.html",
    "emoji \u{1f3ac}.mov",
    "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467} joined.mov",
    "photo\u{202e}gpj.exe",
    "\u{2066}isolate\u{2069}",
    "zero\u{200b}width",
    "\u{feff}mark",
    "soft\u{ad}hyphen",
    "no\u{a0}break",
    "line\u{2028}separator",
    "\u{62a}\u{62c}\u{631}\u{628}\u{629}.mov",
    "\u{65e5}\u{672c}\u{8a9e}.mov",
    "private\u{e000}",
    "\u{301}alone",
    "case.txt",
];

/// Refused, because no key can have them.
const REFUSED: [&[u8]; 9] = [
    b"tab\t",
    b"line\nbreak",
    b"return\r",
    b"escape\x1b[2J",
    b"delete\x7f",
    "next line\u{85}".as_bytes(),
    "no character\u{ffff}".as_bytes(),
    b"not unicode \xe9",
    b"not unicode \xe8",
];

/// What each file is to become: a key, or an error's code.
type Expected = BTreeMap<PathBuf, Result<String, &'static str>>;

/// A folder "odd" with everything in it, on a memory file system: only that holds a file of 49 TiB.
fn odd(folder: &Path) -> Expected {
    let mut expected = Expected::new();
    let mut file = |name: &OsStr, len: u64, becomes: Result<&str, &'static str>| {
        noise(&folder.join(name), len);
        expected.insert(folder.join(name), becomes.map(|key| format!("in/odd/{key}")));
    };
    for (len, name) in (1..).zip(FINE) {
        file(OsStr::new(name), len, Ok(name));
    }
    for (len, name) in (1..).zip(REFUSED) {
        file(OsStr::from_bytes(name), len, Err("name-refused"));
    }
    // Two names that are one key, and two that only a careless system takes for one.
    file(OsStr::new("u\u{308}ber"), 200, Ok("\u{fc}ber"));
    file(OsStr::new("\u{fc}ber"), 201, Ok("\u{fc}ber (2)"));
    file(OsStr::new("CASE.txt"), 202, Ok("CASE.txt"));
    file(OsStr::new("\u{1112}\u{1161}\u{11ab}"), 203, Ok("\u{d55c}"));
    file(OsStr::new(&"n".repeat(255)), 204, Ok(&"n".repeat(255)));
    for len in [0, (5 << 20) - 1, 5 << 20, (5 << 20) + 1, (16 << 20) - 1, 16 << 20, (16 << 20) + 1, (24 << 20) + 1] {
        let name = format!("{len} bytes");
        file(OsStr::new(&name), len, Ok(&name));
    }
    // "in/odd/" and four folders of 250 bytes leave 13 bytes of 1,024.
    let deep = PathBuf::from_iter(["d", "e", "f", "g"].map(|name| name.repeat(250)));
    let longest = deep.join("h".repeat(13));
    file(longest.as_os_str(), 300, Ok(longest.to_str().expect("Unicode")));
    file(deep.join("i".repeat(14)).as_os_str(), 301, Err("key-too-long"));

    sparse(&folder.join("sparse"), 20 << 20);
    expected.insert(folder.join("sparse"), Ok("in/odd/sparse".to_owned()));
    sparse(&folder.join("giant"), 49 << 40);
    expected.insert(folder.join("giant"), Err("too-large"));
    noise(&folder.join("closed"), 10);
    std::fs::set_permissions(folder.join("closed"), std::fs::Permissions::from_mode(0o000)).expect("closed");
    expected.insert(folder.join("closed"), Err("file-unreadable"));
    std::fs::create_dir(folder.join("closed folder")).expect("made");
    std::fs::set_permissions(folder.join("closed folder"), std::fs::Permissions::from_mode(0o000)).expect("closed");
    expected.insert(folder.join("closed folder"), Err("file-unreadable"));

    made(&["mkfifo"], &folder.join("pipe"));
    std::os::unix::net::UnixListener::bind(folder.join("socket")).expect("a socket");
    for name in ["pipe", "socket"] {
        expected.insert(folder.join(name), Err("not-a-file"));
    }
    // A device wants the superuser.
    let device = folder.join("device");
    if std::process::Command::new("mknod").arg(&device).args(["c", "1", "3"]).status().is_ok_and(|s| s.success()) {
        expected.insert(device, Err("not-a-file"));
    }
    for (to, name) in [("nowhere", "dangling"), ("loop", "loop"), ("/etc/hostname", "out"), ("..", "up")] {
        std::os::unix::fs::symlink(to, folder.join(name)).expect("a link");
    }
    noise(&folder.join(".DS_Store"), 10);
    expected
}

/// As it is told: bytes that are not Unicode are spelled out, after a mark that no such path has.
fn shown(path: &Path) -> String {
    match path.file_name().and_then(OsStr::to_str) {
        Some(_) => path.display().to_string(),
        None => path.display().to_string().replace("/not unicode ", "/./not unicode ").replace(
            char::REPLACEMENT_CHARACTER,
            if path.as_os_str().as_bytes().ends_with(b"\xe9") { "\\xE9" } else { "\\xE8" },
        ),
    }
}

fn made(words: &[&str], path: &Path) {
    let made = std::process::Command::new(words[0]).args(&words[1..]).arg(path).status();
    assert!(made.expect("runs").success(), "{words:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_odd_name_is_uploaded_under_its_key_or_refused_by_name_and_the_rest_goes_on() {
    let memory = tempfile::tempdir_in("/dev/shm").expect("this test wants Linux' /dev/shm");
    let folder = memory.path().join("odd");
    let expected = odd(&folder);
    assert!(expected.len() + 5 >= 60, "{}", expected.len());
    let world = World::new().await;
    let mut run = world.upload(&[&folder]);
    let ended = run.args(["--collision", "suffix"]).within(&["unshare", "--user"]).end().await;
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
    assert_eq!(ended.code, Some(3), "{}{}", ended.out, ended.err);

    let mut told: BTreeMap<String, Vec<Result<String, String>>> = BTreeMap::new();
    for line in ended.lines.iter().filter(|line| line["event"] == "file") {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let became = match text(&line["state"]["code"]) {
            code if code.is_empty() => Ok(text(&line["key"])),
            code => Err(code),
        };
        told.entry(text(&line["path"])).or_default().push(became);
    }
    for (path, becomes) in &expected {
        let became = told.get(&shown(path)).cloned().unwrap_or_default();
        let wanted = becomes.clone().map_err(str::to_owned);
        assert!(became.contains(&wanted), "{path:?} should be {wanted:?}, and was {became:?}");
        if let Ok(key) = becomes {
            assert_eq!(world.sha256(key), sha256(path), "{key}");
        }
    }
    let all: usize = told.values().map(Vec::len).sum();
    assert_eq!(all, expected.len(), "every name is told once");
    assert_eq!(told.len(), expected.len(), "and by itself");
    assert_eq!(world.keys().len(), expected.values().filter(|becomes| becomes.is_ok()).count());
    assert_eq!(ended.summary()["skipped"], 5, "four links and a leftover");
    std::fs::set_permissions(folder.join("closed folder"), std::fs::Permissions::from_mode(0o700)).expect("opened");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_one_key_never_replace_each_other_whatever_is_asked() {
    let world = World::new().await;
    let folder = world.sources().join("twins");
    let (plain, apart) = (folder.join("\u{fc}ber.mov"), folder.join("u\u{308}ber.mov"));
    noise(&plain, 1_000);
    noise(&apart, 2_000);
    for collision in ["fail", "overwrite"] {
        let home = world.path(collision);
        let mut run = world.upload(&[&folder]);
        let ended = run.env("DAVIT_HOME", &home).args(["--collision", collision]).end().await;
        assert_eq!((ended.code, ended.failures()), (Some(3), vec!["already-there".to_owned()]), "{}", ended.out);
        // In the order of the names as they stand on disk, the first has it.
        assert_eq!(world.keys(), ["in/twins/\u{fc}ber.mov"]);
        assert_eq!(world.sha256("in/twins/\u{fc}ber.mov"), sha256(&apart));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dots_and_names_that_are_not_unicode_are_refused_or_made_plain_on_the_command_line() {
    let world = World::new().await;
    let folder = world.sources().join("day");
    noise(&folder.join("a.mov"), 10);
    let bad = OsString::from(OsStr::from_bytes(b"b\xff.mov"));
    noise(&folder.join(&bad), 10);
    let ended = world.upload(&[&folder.join(&bad), &folder.join("."), Path::new("/")]).end().await;
    assert_eq!(ended.code, Some(3), "{}{}", ended.out, ended.err);
    let mut failures = ended.failures();
    failures.sort();
    assert_eq!(failures, ["name-refused"; 3], "{}", ended.out);
    let at = |line: &serde_json::Value| line["path"] == folder.join("./b\\xFF.mov").display().to_string();
    assert!(ended.lines.iter().any(at), "{}", ended.out);
    let status = world.davit("status").end().await;
    assert!(!status.out.contains(char::REPLACEMENT_CHARACTER), "{}", status.out);
    assert_eq!(world.keys(), ["in/day/a.mov"]);
}
