//! The page that leads through AWS command by command, typed as it stands. AWS, the machine and the network are played
//! (`tests/tools/played`); the shell, `davit-backend` and the files that it prints are real.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use davit_backend::config::{Auth, Config};
use davit_backend::hash_token;
use davit_tests::davit::program;
use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root").to_owned()
}

/// What is typed, but for what is typed on the machine itself.
fn typed() -> String {
    let page = std::fs::read_to_string(root().join("docs/aws-machine.md")).expect("the page");
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0));
    blocks.filter(|block| !block.starts_with("sudo ")).collect()
}

/// The document that a word names or is.
fn document(word: &str, folder: &Path) -> Option<Value> {
    let text = if let Some(name) = word.strip_prefix("file://") {
        std::fs::read_to_string(folder.join(name)).expect(name)
    } else {
        word.starts_with('{').then(|| word.to_owned())?
    };
    Some(serde_json::from_str(&text).expect(word))
}

#[test]
fn the_page_about_a_machine_on_aws_can_be_typed_as_it_stands() {
    let place = tempfile::tempdir().expect("a folder");
    let (tools, log) = (place.path().join("tools"), place.path().join("calls"));
    std::fs::create_dir(&tools).expect("made");
    for name in ["aws", "curl", "davit-backend", "getent", "less", "openssl", "scp", "ssh"] {
        std::os::unix::fs::symlink(root().join("tests/tools/played"), tools.join(name)).expect("linked");
    }
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap_or_default());
    let ended = Command::new("sh")
        .args(["-e", "-c", &typed()])
        .current_dir(place.path())
        .env("PATH", path)
        .env("CALLS", &log)
        .env("PROGRAM", program("davit-backend"))
        .output()
        .expect("sh starts");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));

    let log = std::fs::read_to_string(log).expect("calls");
    let calls: Vec<Vec<&str>> =
        log.split_terminator('\u{1e}').map(|call| call.split_terminator('\u{1f}').collect()).collect();
    let folder = place.path().join("davit-aws");
    // Each is JSON: two of the page's own roles, four of davit-backend's and one of these twice, a name, an end.
    let documents: Vec<Value> = calls.iter().flatten().filter_map(|word| document(word, &folder)).collect();
    assert_eq!(documents.len(), 9, "{calls:?}");
    assert!(!log.contains("THE-BACKENDS-ROLE") && !log.contains("cors"), "{calls:?}");
    let trust = document("file://davit-trust.json", &folder).expect("a document");
    assert_eq!(trust["Statement"][0]["Principal"]["AWS"], "arn:aws:iam::123456789012:role/davit-backend");
    for command in ["create-bucket", "put-public-access-block", "put-bucket-accelerate-configuration"] {
        assert!(calls.iter().any(|call| call.get(1..3) == Some(&["s3api", command][..])), "{command}: {calls:?}");
    }

    // Whoever has a token is let in by it, nobody else reads it, and it is what is checked with.
    let config = Config::load(&folder.join("backend.toml")).expect("what the backend takes");
    let Auth::Token { people } = &config.auth else { panic!("nobody signs in") };
    let tokens = std::fs::read_to_string(folder.join("tokens.tsv")).expect("tokens");
    let tokens: Vec<(&str, &str)> = tokens.lines().filter_map(|line| line.split_once('\t')).collect();
    let named: Vec<_> = people.iter().map(|person| (person.id.as_str(), person.token_sha256.clone())).collect();
    assert_eq!(named.len(), 2);
    assert_eq!(tokens.iter().map(|(id, token)| (*id, hash_token(token))).collect::<Vec<_>>(), named);
    let mode = std::fs::metadata(folder.join("tokens.tsv")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    assert!(calls.iter().any(|call| call[..] == ["token", tokens[0].1]), "{calls:?}");

    // The end of what one person was given is that of their prefix, as the backend makes it, and of nobody else's.
    let part = &hash_token(&format!("{}\0{}", config.person_salt, people[0].id))[..24];
    let reach = json!({ "StringLike": { "aws:PrincipalTag/davit-prefix": format!("*{part}*") } });
    let ends = documents.iter().any(|one| one["Statement"][0]["Condition"] == reach);
    assert!(ends, "{documents:?}");
}
