//! What macOS' tar puts beside files that have attributes: a second file, by the name of the first with `._` before it. An app
//! that is unpacked with such files in it is no longer as it was signed.

/// The names of such files in a tar.
///
/// Source: POSIX, pax, "ustar Interchange Format".
pub(super) fn names(tar: &[u8]) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), tar);
    while let Some((head, after)) = rest.split_at_checked(BLOCK) {
        let digits: String = head[124..136].iter().map(|byte| char::from(*byte)).collect();
        let digits = digits.trim_matches(|c: char| !c.is_digit(8));
        let Ok(size) = usize::from_str_radix(digits, 8) else { break };
        let (content, next) = after.split_at_checked(size.next_multiple_of(BLOCK)).unwrap_or((after, &[]));
        let (kind, name) = (head[156], text(&head[..100]));
        // A name that is too long for its place stands in what comes before its file.
        let names = if matches!(kind, b'x' | b'L') { text(&content[..size.min(content.len())]) } else { name };
        let last = |name: &str| name.trim_end_matches('/').rsplit(['/', '=']).next().unwrap_or_default().to_owned();
        found.extend(names.lines().filter(|name| last(name).starts_with("._")).map(str::to_owned));
        rest = next;
    }
    found
}

const BLOCK: usize = 512;

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;

    use super::names;

    fn packed(files: &[&str]) -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            let file = folder.path().join("Davit.app").join(file);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            std::fs::write(file, [b'x'; 700]).expect("written");
        }
        let mut tar = Command::new("tar");
        let tar = tar.env("COPYFILE_DISABLE", "1").args(["-cf", "-", "-C"]).arg(folder.path()).arg("Davit.app");
        tar.output().expect("tar starts").stdout
    }

    #[test]
    fn a_second_file_beside_one_with_attributes_is_found_however_long_its_name_is() {
        let long = format!("Contents/{}/._{}", "d".repeat(120), "f".repeat(120));
        let plain = ["Contents/Info.plist", "Contents/MacOS/davit._app", "Contents/z"];
        assert_eq!(names(&packed(&plain)), Vec::<String>::new());
        let with = [&plain[..], &["Contents/._Info.plist", &long]].concat();
        let found = names(&packed(&with));
        assert!(found.iter().any(|name| name == "Davit.app/Contents/._Info.plist"), "{found:?}");
        assert!(found.iter().any(|name| name.contains("fff")), "{found:?}");
    }
}
