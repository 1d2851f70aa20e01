//! The licences of every part that ships, as one text: whoever hands a program on has to hand them on as well.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::dependencies::Part;

/// How files begin in which a part tells its licence, in capital letters.
const FILES: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];

/// Names of all parts with their licences, then each text once with the parts that bring it.
pub(crate) fn of(parts: &[Part]) -> Result<String> {
    let mut all = String::from(
        "What Davit is built from, and its licences. Of a part that offers several, Davit takes any that lets it be\n\
         handed on with the others. A part that brings no text has the standard one of what is named, which stands below.\n\n",
    );
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for part in parts.iter().filter(|part| !part.is_ours()) {
        writeln!(all, "{} {}  {}", part.name, part.version, part.licence)?;
        for text in brought_by(&part.folder).with_context(|| format!("licences of {}", part.name))? {
            texts.entry(text).or_default().push(format!("{} {}", part.name, part.version));
        }
    }
    for (text, names) in &texts {
        writeln!(all, "\n{}\n{}\n\n{text}", "=".repeat(80), names.join(", "))?;
    }
    Ok(all)
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
    use crate::dependencies::{PROGRAMS, crates};

    #[test]
    fn every_crate_is_named_and_texts_stand_once() {
        let parts = crates(&PROGRAMS).expect("crates");
        let all = of(&parts).expect("written");
        for part in parts.iter().filter(|part| !part.is_ours()) {
            assert!(all.contains(&format!("\n{} {}  {}\n", part.name, part.version, part.licence)), "{}", part.name);
        }
        for word in ["Permission is hereby granted", "Apache License", "ISC License", "Mozilla Public License"] {
            assert!(all.contains(word), "{word}");
        }
    }
}
