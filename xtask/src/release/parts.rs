//! The list of parts (SBOM) of what ships, in the form of CycloneDX 1.5.
//!
//! Source: <https://cyclonedx.org/docs/1.5/json/>

use anyhow::Result;
use serde_json::{Value, json};

use crate::dependencies::{PROGRAMS, Part, crates, page};

pub(super) fn list() -> Result<Value> {
    of(&[crates(&PROGRAMS)?, page()?].concat())
}

fn of(parts: &[Part]) -> Result<Value> {
    let components: Vec<Value> = parts.iter().map(component).collect();
    let mut dependencies: Vec<Value> = parts
        .iter()
        .map(|part| {
            let on: Vec<String> = part.uses.iter().map(|(name, version)| named(part.kind, name, version)).collect();
            json!({ "ref": part.purl(), "dependsOn": on })
        })
        .collect();
    let programs: Vec<&Part> =
        parts.iter().filter(|part| part.is_ours() && PROGRAMS.contains(&part.name.as_str())).collect();
    anyhow::ensure!(programs.len() == PROGRAMS.len(), "not all programs are among the parts");
    let davit = named("generic", "davit-release", env!("CARGO_PKG_VERSION"));
    let page = parts.iter().filter(|part| part.kind == "npm").map(Part::purl);
    let on: Vec<String> = programs.iter().map(|part| part.purl()).chain(page).collect();
    dependencies.push(json!({ "ref": davit, "dependsOn": on }));
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "application", "bom-ref": davit, "name": "Davit", "version": env!("CARGO_PKG_VERSION"),
            "licenses": [{ "expression": "Apache-2.0 OR MIT" }],
        } },
        "components": components,
        "dependencies": dependencies,
    }))
}

fn component(part: &Part) -> Value {
    let mut component = json!({
        "type": if PROGRAMS.contains(&part.name.as_str()) && part.is_ours() { "application" } else { "library" },
        "bom-ref": part.purl(),
        "name": part.name,
        "version": part.version,
        "purl": part.purl(),
        // An older way to write OR, which SPDX no longer knows.
        "licenses": [{ "expression": part.licence.replace('/', " OR ") }],
    });
    if let Some((algorithm, digits)) = &part.sum {
        component["hashes"] = json!([{ "alg": algorithm, "content": digits }]);
    }
    component
}

fn named(kind: &str, name: &str, version: &str) -> String {
    format!("pkg:{kind}/{}@{version}", name.replace('@', "%40"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_part_stands_once_and_is_built_from_parts_that_stand_there() {
        let list = list().expect("made");
        let components = list["components"].as_array().expect("components");
        let names: BTreeSet<&str> = components.iter().filter_map(|part| part["bom-ref"].as_str()).collect();
        assert_eq!(names.len(), components.len());
        assert!(names.len() > 300, "{}", names.len());
        let dependencies = list["dependencies"].as_array().expect("dependencies");
        for used in dependencies.iter().flat_map(|of| of["dependsOn"].as_array().expect("a list")) {
            assert!(names.contains(used.as_str().expect("a name")), "{used}");
        }
        let from_elsewhere = components.iter().filter(|part| part["hashes"].is_array()).count();
        assert!(from_elsewhere > 250, "{from_elsewhere}");
    }
}
