//! Templates for Windows' policies (ADMX, ADML) and a profile with managed preferences for macOS.
//!
//! Source: Microsoft, "ADMX syntax" and "Understanding ADMX-backed policies" (of the numbers, Intune takes `decimal` alone);
//! Apple, "Configuration profile reference".

use std::fmt::Write as _;

use davit_core::settings::{Kind, SETTINGS, Setting};
use serde_json::Value;

use super::{MADE, example_of};

/// The keys below which settings stand, what they are called, and what stands behind every explanation.
const SECTIONS: [(&str, &str, &str); 2] = [
    ("presets", "Presets: people may change them", "It holds until a person sets something else."),
    ("locks", "Locks: people cannot change them", "It holds whatever a person sets."),
];

/// What is no setting, and stands beside them as JSON.
const PARTS: [(&str, &str, &str); 3] = [
    (
        "store",
        "Store other than AWS",
        "A store that speaks S3 and that uploads may go to, as JSON: {\"endpoint\": \"https://s3.example.com\", \"path_style\": true}",
    ),
    (
        "company",
        "Company without a backend",
        "A company whose endpoint gives credentials and nothing else, as the JSON that policy.schema.json describes.",
    ),
    (
        "updates",
        "Updates",
        "Whether Davit looks for updates by itself, and where, as JSON: {\"enabled\": true, \"endpoint\": \"https://it.example.com/davit.json\"}",
    ),
];

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

pub(super) fn admx() -> String {
    let mut out = format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<!-- {MADE} -->
<policyDefinitions xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions" revision="1.0" schemaVersion="1.0">
  <policyNamespaces>
    <target prefix="davit" namespace="Davit.Policies"/>
  </policyNamespaces>
  <resources minRequiredRevision="1.0"/>
  <supportedOn>
    <definitions>
      <definition name="supported" displayName="$(string.supported)"/>
    </definitions>
  </supportedOn>
  <categories>
    <category name="davit" displayName="$(string.davit)"/>
"#
    );
    for (section, ..) in SECTIONS {
        let _ = writeln!(
            out,
            r#"    <category name="{section}" displayName="$(string.{section})"><parentCategory ref="davit"/></category>"#
        );
    }
    out.push_str("  </categories>\n  <policies>\n");
    for (section, ..) in SECTIONS {
        for Setting { key, kind, .. } in SETTINGS {
            policy(&mut out, Some(section), key, *kind);
        }
    }
    for (part, ..) in PARTS {
        policy(&mut out, None, part, Kind::Times);
    }
    out.push_str("  </policies>\n</policyDefinitions>\n");
    out
}

fn policy(out: &mut String, section: Option<&str>, key: &str, kind: Kind) {
    let (name, below, category) = match section {
        Some(section) => (format!("{section}_{key}"), format!("\\{section}"), section),
        None => (key.to_owned(), String::new(), "davit"),
    };
    let (value, inside) = match kind {
        Kind::Switch => (
            format!(r#"valueName="{key}""#),
            r#"<enabledValue><decimal value="1"/></enabledValue>
      <disabledValue><decimal value="0"/></disabledValue>"#
                .to_owned(),
        ),
        Kind::Number { most, .. } => {
            let most = most.min(u32::MAX.into());
            let number =
                format!(r#"<decimal id="{key}" valueName="{key}" minValue="0" maxValue="{most}" required="true"/>"#);
            (format!(r#"presentation="$(presentation.{name})""#), format!("<elements>{number}</elements>"))
        }
        Kind::Choice { of, .. } => {
            let mut items = String::new();
            for (word, _) in of {
                let _ = write!(
                    items,
                    r#"<item displayName="$(string.{key}_{word})"><value><string>{word}</string></value></item>"#
                );
            }
            let list = format!(r#"<enum id="{key}" valueName="{key}" required="true">{items}</enum>"#);
            (format!(r#"presentation="$(presentation.{name})""#), format!("<elements>{list}</elements>"))
        }
        Kind::Text { .. } | Kind::Proxy { .. } | Kind::Times => {
            let text = format!(r#"<text id="{key}" valueName="{key}" maxLength="16383" required="true"/>"#);
            (format!(r#"presentation="$(presentation.{name})""#), format!("<elements>{text}</elements>"))
        }
    };
    let _ = write!(
        out,
        r#"    <policy name="{name}" class="Both" displayName="$(string.{key})" explainText="$(string.{name}_explained)" key="Software\Policies\Davit{below}" {value}>
      <parentCategory ref="{category}"/>
      <supportedOn ref="supported"/>
      {inside}
    </policy>
"#
    );
}

pub(super) fn adml() -> String {
    let mut out = format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<!-- {MADE} -->
<policyDefinitionResources xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions" revision="1.0" schemaVersion="1.0">
  <displayName>Davit</displayName>
  <description>Settings of Davit that a company presets or locks</description>
  <resources>
    <stringTable>
      <string id="davit">Davit</string>
      <string id="supported">Davit 0.1.0 or newer</string>
"#
    );
    let mut shown = String::new();
    let mut word = |id: &str, words: &str| {
        let _ = writeln!(out, r#"      <string id="{id}">{}</string>"#, escaped(words));
    };
    for (section, title, _) in SECTIONS {
        word(section, title);
    }
    for Setting { key, title, kind, .. } in SETTINGS {
        word(key, title);
        if let Kind::Choice { of, .. } = kind {
            for (one, title) in *of {
                word(&format!("{key}_{one}"), title);
            }
        }
    }
    for (section, _, holds) in SECTIONS {
        for setting in SETTINGS {
            let Setting { key, title, says, kind, .. } = setting;
            let form =
                if *kind == Kind::Times { format!(" For example: {}", example_of(setting)) } else { String::new() };
            word(&format!("{section}_{key}_explained"), &format!("{says} {holds}{form}"));
            let (id, title) = (format!("{section}_{key}"), escaped(title));
            let field = match kind {
                Kind::Switch => continue,
                Kind::Number { example, .. } => {
                    format!(r#"<decimalTextBox refId="{key}" defaultValue="{example}">{title}</decimalTextBox>"#)
                }
                Kind::Choice { .. } => {
                    format!(r#"<dropdownList refId="{key}" noSort="true" defaultItem="0">{title}</dropdownList>"#)
                }
                Kind::Text { .. } | Kind::Proxy { .. } | Kind::Times => text_box(key, &title),
            };
            let _ = writeln!(shown, r#"      <presentation id="{id}">{field}</presentation>"#);
        }
    }
    for (part, title, says) in PARTS {
        word(part, title);
        word(&format!("{part}_explained"), says);
        let field = text_box(part, &escaped(title));
        let _ = writeln!(shown, r#"      <presentation id="{part}">{field}</presentation>"#);
    }
    out.push_str("    </stringTable>\n    <presentationTable>\n");
    out.push_str(&shown);
    out.push_str("    </presentationTable>\n  </resources>\n</policyDefinitionResources>\n");
    out
}

fn text_box(key: &str, title: &str) -> String {
    format!(r#"<textBox refId="{key}"><label>{title}</label></textBox>"#)
}

/// A profile with these rules, by whose ends its two numbers are told from those of others.
pub(super) fn profile(head: &str, rules: &Value, [settings, whole]: [&str; 2]) -> String {
    let mut written = String::new();
    plist(&mut written, rules, 3);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- {head} -->
<plist version="1.0">
<dict>
  <key>PayloadContent</key>
  <array>
    <dict>
      <key>PayloadDisplayName</key>
      <string>Davit</string>
      <key>PayloadIdentifier</key>
      <string>com.example.davit.settings</string>
      <key>PayloadType</key>
      <string>org.davit.app</string>
      <key>PayloadUUID</key>
      <string>5B0C2A5E-6B0C-4A52-9A53-0D7B6C1F2E{settings}</string>
      <key>PayloadVersion</key>
      <integer>1</integer>
{written}    </dict>
  </array>
  <key>PayloadDisplayName</key>
  <string>Davit</string>
  <key>PayloadIdentifier</key>
  <string>com.example.davit</string>
  <key>PayloadScope</key>
  <string>System</string>
  <key>PayloadType</key>
  <string>Configuration</string>
  <key>PayloadUUID</key>
  <string>5B0C2A5E-6B0C-4A52-9A53-0D7B6C1F2E{whole}</string>
  <key>PayloadVersion</key>
  <integer>1</integer>
</dict>
</plist>
"#
    )
}

/// The fields of an object, or one value, so many steps in.
fn plist(out: &mut String, value: &Value, depth: usize) {
    let step = "  ".repeat(depth);
    let _ = match value {
        Value::Object(all) => {
            for (key, value) in all {
                let _ = writeln!(out, "{step}<key>{key}</key>");
                if value.is_object() {
                    let _ = writeln!(out, "{step}<dict>");
                    plist(out, value, depth + 1);
                    let _ = writeln!(out, "{step}</dict>");
                } else {
                    plist(out, value, depth);
                }
            }
            Ok(())
        }
        Value::Array(all) => {
            let _ = writeln!(out, "{step}<array>");
            for value in all {
                let inner = if value.is_object() { depth + 2 } else { depth + 1 };
                if value.is_object() {
                    let _ = writeln!(out, "{step}  <dict>");
                }
                plist(out, value, inner);
                if value.is_object() {
                    let _ = writeln!(out, "{step}  </dict>");
                }
            }
            writeln!(out, "{step}</array>")
        }
        Value::Bool(on) => writeln!(out, "{step}<{on}/>"),
        Value::Number(number) => writeln!(out, "{step}<integer>{number}</integer>"),
        Value::String(text) => writeln!(out, "{step}<string>{}</string>", escaped(text)),
        Value::Null => Ok(()),
    };
}
