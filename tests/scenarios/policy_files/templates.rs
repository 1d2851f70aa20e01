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

/// What is no setting: the key that it stands below, its own, what it is, what it is called, and what it says.
const PARTS: [(&str, &str, Shape, &str, &str); 4] = [
    (
        "updates",
        "enabled",
        Shape::Switch,
        "Look for updates",
        "Whether Davit looks for updates by itself. Without, the company brings them.",
    ),
    (
        "updates",
        "endpoint",
        Shape::Text(LINE),
        "Where updates are",
        "The address of the updates' manifest, by https, in place of where the build says: https://it.example.com/davit.json",
    ),
    (
        "store",
        "endpoint",
        Shape::Store,
        "Store other than AWS",
        "The address of a store that speaks S3 and that uploads may go to, by https: https://s3.example.com",
    ),
    (
        "",
        "company",
        Shape::Text(PAGE),
        "Company without a backend",
        "A company whose endpoint gives credentials and nothing else, as the JSON that policy.schema.json describes.",
    ),
];

/// Characters of a text, and of one that is JSON.
const LINE: usize = 2_048;
const PAGE: usize = 16_383;

/// What an administrator says.
#[derive(Clone, Copy)]
enum Shape {
    /// Yes or no.
    Switch,
    /// The number 0, or nothing at all.
    Zero,
    /// A number within bounds.
    Number { least: u64, most: u64, example: u64 },
    /// One of a few words.
    Choice(&'static [(&'static str, &'static str)]),
    /// A text of so many characters at most.
    Text(usize),
    /// An address, and how buckets are named there: neither is a store without the other.
    Store,
}

impl Shape {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Switch => Self::Switch,
            // What a template can show of a number is one range: none of it is a policy of its own.
            Kind::Number { least, most, example } => Self::Number { least, most: most.min(u32::MAX.into()), example },
            Kind::Choice { of, .. } => Self::Choice(of),
            Kind::Text { .. } | Kind::Proxy { .. } => Self::Text(LINE),
            Kind::Times => Self::Text(PAGE),
        }
    }
}

/// One policy of the template.
struct Entry {
    /// What the template calls it.
    name: String,
    /// The key below Davit's that it stands in; none for that one itself.
    below: &'static str,
    category: &'static str,
    /// What the registry calls it.
    value: &'static str,
    shape: Shape,
    title: String,
    says: String,
}

fn entries() -> Vec<Entry> {
    let mut all = Vec::new();
    for (section, _, holds) in SECTIONS {
        for setting in SETTINGS {
            let Setting { key, title, says, kind, .. } = setting;
            let form =
                if *kind == Kind::Times { format!(" For example: {}", example_of(setting)) } else { String::new() };
            let entry = |more: &str, shape, title: String, says: String| Entry {
                name: format!("{section}_{key}{more}"),
                below: section,
                category: section,
                value: key,
                shape,
                title,
                says,
            };
            all.push(entry("", Shape::of(*kind), (*title).to_owned(), format!("{says} {holds}{form}")));
            if matches!(kind, Kind::Number { .. }) {
                let says = format!("{says} {holds} Configure this or the one with a number, not both.");
                all.push(entry("_none", Shape::Zero, format!("{title}: 0"), says));
            }
        }
    }
    for (below, value, shape, title, says) in PARTS {
        let name = if below.is_empty() { value.to_owned() } else { format!("{below}_{value}") };
        let (title, says) = (title.to_owned(), says.to_owned());
        all.push(Entry { name, below, category: "davit", value, shape, title, says });
    }
    all
}

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
    for entry in entries() {
        policy(&mut out, &entry);
    }
    out.push_str("  </policies>\n</policyDefinitions>\n");
    out
}

fn policy(out: &mut String, Entry { name, below, category, value, shape, .. }: &Entry) {
    let below = if below.is_empty() { String::new() } else { format!("\\{below}") };
    let itself = format!(r#"valueName="{value}""#);
    let shown = format!(r#"presentation="$(presentation.{name})""#);
    let (says, inside) = match shape {
        Shape::Switch => (
            itself,
            r#"<enabledValue><decimal value="1"/></enabledValue>
      <disabledValue><decimal value="0"/></disabledValue>"#
                .to_owned(),
        ),
        Shape::Zero => (itself, r#"<enabledValue><decimal value="0"/></enabledValue>"#.to_owned()),
        Shape::Number { least, most, .. } => {
            let number = format!(
                r#"<decimal id="{value}" valueName="{value}" minValue="{least}" maxValue="{most}" required="true"/>"#
            );
            (shown, format!("<elements>{number}</elements>"))
        }
        Shape::Choice(of) => {
            let mut items = String::new();
            for (word, _) in *of {
                let _ = write!(
                    items,
                    r#"<item displayName="$(string.{value}_{word})"><value><string>{word}</string></value></item>"#
                );
            }
            let list = format!(r#"<enum id="{value}" valueName="{value}" required="true">{items}</enum>"#);
            (shown, format!("<elements>{list}</elements>"))
        }
        Shape::Text(longest) => {
            let text = format!(r#"<text id="{value}" valueName="{value}" maxLength="{longest}" required="true"/>"#);
            (shown, format!("<elements>{text}</elements>"))
        }
        Shape::Store => {
            let text = format!(r#"<text id="{value}" valueName="{value}" maxLength="{LINE}" required="true"/>"#);
            let values = r#"<trueValue><decimal value="1"/></trueValue><falseValue><decimal value="0"/></falseValue>"#;
            let path = format!(r#"<boolean id="path_style" valueName="path_style">{values}</boolean>"#);
            (shown, format!("<elements>{text}{path}</elements>"))
        }
    };
    let _ = write!(
        out,
        r#"    <policy name="{name}" class="Both" displayName="$(string.{name})" explainText="$(string.{name}_explained)" key="Software\Policies\Davit{below}" {says}>
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
    for Setting { key, kind, .. } in SETTINGS {
        if let Kind::Choice { of, .. } = kind {
            for (one, title) in *of {
                word(&format!("{key}_{one}"), title);
            }
        }
    }
    for Entry { name, value, shape, title, says, .. } in entries() {
        word(&name, &title);
        word(&format!("{name}_explained"), &says);
        let title = escaped(&title);
        let field = match shape {
            Shape::Switch | Shape::Zero => continue,
            Shape::Number { example, .. } => {
                format!(r#"<decimalTextBox refId="{value}" defaultValue="{example}">{title}</decimalTextBox>"#)
            }
            Shape::Choice(_) => {
                format!(r#"<dropdownList refId="{value}" noSort="true" defaultItem="0">{title}</dropdownList>"#)
            }
            Shape::Text(_) => format!(r#"<textBox refId="{value}"><label>{title}</label></textBox>"#),
            Shape::Store => format!(
                r#"<textBox refId="{value}"><label>{title}</label></textBox><checkBox refId="path_style">The bucket stands in the path</checkBox>"#
            ),
        };
        let _ = writeln!(shown, r#"      <presentation id="{name}">{field}</presentation>"#);
    }
    out.push_str("    </stringTable>\n    <presentationTable>\n");
    out.push_str(&shown);
    out.push_str("    </presentationTable>\n  </resources>\n</policyDefinitionResources>\n");
    out
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
