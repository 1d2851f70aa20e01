//! The licences of every part that ships, as one text: whoever hands a program on has to hand them on as well.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::dependencies::{Part, crates, microsofts, page};

/// How files begin in which a part tells its licence, in capital letters.
const FILES: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];

/// Texts for parts that bring none. Source: <https://spdx.org/licenses/>
const STANDARD: [(&str, &str); 5] = [
    ("Apache-2.0", include_str!("../../LICENSE-APACHE")),
    ("BSD-3-Clause", include_str!("../licences/BSD-3-Clause.txt")),
    ("BSL-1.0", include_str!("../licences/BSL-1.0.txt")),
    ("MIT", include_str!("../licences/MIT.txt")),
    ("MPL-2.0", include_str!("../licences/MPL-2.0.txt")),
];

/// Names of all parts with their licences, then each text once with the parts that bring it.
pub(crate) fn of(parts: &[Part]) -> Result<String> {
    let mut all = String::from(
        "What Davit is built from, and its licences. Of a part that offers several, Davit takes any that lets it be\n\
         handed on with the others. A part that brings no text stands below with the standard one of what it names.\n\n",
    );
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for part in parts.iter().filter(|part| !part.is_ours()) {
        writeln!(all, "{} {}  {}", part.name, part.version, part.licence)?;
        let brought = brought_by(&part.folder).with_context(|| format!("licences of {}", part.name))?;
        let named = format!("{} {}", part.name, part.version);
        if brought.is_empty() {
            let text =
                standard(&part.licence).with_context(|| format!("{named} brings no text of {}", part.licence))?;
            let by =
                if part.authors.is_empty() { String::new() } else { format!(", by {}", part.authors.join(" and ")) };
            texts.entry(text.trim_matches('\n').to_owned()).or_default().push(format!("{named} (brings no text{by})"));
        }
        for text in brought {
            texts.entry(text).or_default().push(named.clone());
        }
    }
    for (text, names) in &texts {
        writeln!(all, "\n{}\n{}\n\n{text}", "=".repeat(80), names.join(", "))?;
    }
    Ok(all)
}

/// The same of some programs and the page, and of what goes to Windows' people of Microsoft's.
pub(crate) fn of_the_app(programs: &[&str], for_windows: bool) -> Result<String> {
    let microsofts = if for_windows { microsofts() } else { Vec::new() };
    of(&[crates(programs)?, page()?, microsofts].concat())
}

/// The standard text of the first of several licences that has one here.
fn standard(licence: &str) -> Option<&'static str> {
    let mut alternatives = licence.split('/').flat_map(|some| some.split(" OR ")).map(str::trim);
    alternatives.find_map(|name| STANDARD.iter().find(|(known, _)| *known == name).map(|(_, text)| *text))
}

/// The texts in a part's folder, without blanks at the ends of lines, each once.
fn brought_by(folder: &Path) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        if !path.is_file() || !FILES.iter().any(|file| name.starts_with(file)) {
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
        let text = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned();
        if !text.is_empty() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.sort();
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dependencies::SHIPS;

    #[test]
    fn every_crate_is_named_and_texts_stand_once() {
        let parts = [crates(&SHIPS).expect("crates"), microsofts()].concat();
        let all = of(&parts).expect("written");
        for part in parts.iter().filter(|part| !part.is_ours()) {
            assert!(all.contains(&format!("\n{} {}  {}\n", part.name, part.version, part.licence)), "{}", part.name);
        }
        for word in ["Permission is hereby granted", "Apache License", "ISC License", "Mozilla Public License"] {
            assert!(all.contains(word), "{word}");
        }
        assert!(all.contains("Microsoft Corporation"), "what Windows' people get of Microsoft's");
    }

    #[test]
    fn a_part_that_brings_no_text_stands_with_the_standard_one_and_its_authors() {
        let mut parts = crates(&SHIPS).expect("crates");
        parts.retain(|part| part.name == "selectors");
        let empty = tempfile::tempdir().expect("a folder");
        parts[0].folder = empty.path().to_owned();
        let all = of(&parts).expect("written");
        assert!(all.contains("(brings no text, by The Servo Project Developers)\n"), "{all}");
        assert!(all.contains("\nMozilla Public License Version 2.0\n"), "{all}");
        assert!(standard("MIT/Apache-2.0").is_some_and(|text| text.starts_with("MIT License")));
        assert!(standard("Zlib OR Apache-2.0 OR MIT").is_some_and(|text| text.contains("Apache License")));
        assert!(standard("Zlib").is_none());
        parts[0].licence = "Zlib".to_owned();
        let said = of(&parts).expect_err("nobody has its text").to_string();
        assert!(said.contains("brings no text of Zlib"), "{said}");
    }
}
