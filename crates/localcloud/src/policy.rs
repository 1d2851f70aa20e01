//! IAM policy documents: parsed strictly, evaluated as AWS does it (an explicit deny wins, nothing said means no).
//!
//! Only what the reference backend uses is understood; anything unknown refuses the document, never widens it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Why a text is not a policy.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

/// What is asked.
#[derive(Debug)]
pub struct Asked<'a> {
    /// `s3:PutObject`.
    pub action: &'a str,
    /// `arn:aws:s3:::bucket/key`.
    pub resource: &'a str,
    /// Whether it came over TLS.
    pub secure: bool,
    /// The session's tags.
    pub tags: &'a BTreeMap<String, String>,
}

/// A parsed policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Statement {
    allow: bool,
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Condition {
    SecureTransport(bool),
    StringEquals(String, Vec<String>),
    StringLike(String, Vec<String>),
    /// About another service than S3: holds for no request that is asked here.
    OtherService,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    version: String,
    #[serde(default)]
    #[expect(dead_code, reason = "allowed in a document, without meaning here")]
    id: Option<String>,
    statement: OneOrMany<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    // The first that fits counts, and a `Value` fits a list too.
    Many(Vec<T>),
    One(T),
}

impl<T> OneOrMany<T> {
    fn all(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RawStatement {
    #[serde(default)]
    #[expect(dead_code, reason = "allowed in a statement, without meaning here")]
    sid: Option<String>,
    effect: String,
    action: OneOrMany<String>,
    resource: OneOrMany<String>,
    #[serde(default)]
    condition: BTreeMap<String, BTreeMap<String, OneOrMany<Value>>>,
}

impl Policy {
    /// Reads a document.
    ///
    /// # Errors
    /// [`Malformed`] for anything that is not fully understood.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let document: Document = serde_json::from_str(text).map_err(|e| Malformed(e.to_string()))?;
        if document.version != "2012-10-17" {
            return Err(Malformed("Version must be 2012-10-17".to_owned()));
        }
        let statements = document.statement.all().into_iter().map(statement).collect::<Result<_, _>>()?;
        Ok(Self { statements })
    }

    /// Everything is allowed: the root account.
    pub fn everything() -> Self {
        let statement = Statement {
            allow: true,
            actions: vec!["*".to_owned()],
            resources: vec!["*".to_owned()],
            conditions: Vec::new(),
        };
        Self { statements: vec![statement] }
    }

    /// Whether this document lets it through.
    pub fn allows(&self, asked: &Asked<'_>) -> bool {
        let mut allowed = false;
        for statement in self.statements.iter().filter(|statement| statement.speaks_of(asked)) {
            if !statement.allow {
                return false;
            }
            allowed = true;
        }
        allowed
    }
}

impl Statement {
    fn speaks_of(&self, asked: &Asked<'_>) -> bool {
        let action = self
            .actions
            .iter()
            .any(|pattern| matches(&literal(pattern), &asked.action.to_lowercase(), |c| c.to_ascii_lowercase()));
        let resource = || {
            self.resources.iter().any(|pattern| {
                resolve(pattern, asked.tags).is_some_and(|pattern| matches(&pattern, asked.resource, |c| c))
            })
        };
        action && resource() && self.conditions.iter().all(|condition| condition.holds(asked))
    }
}

impl Condition {
    fn holds(&self, asked: &Asked<'_>) -> bool {
        let tag = |name: &str| asked.tags.get(name).map_or("", String::as_str).to_owned();
        match self {
            Self::SecureTransport(wanted) => asked.secure == *wanted,
            Self::OtherService => false,
            Self::StringEquals(name, values) => values.contains(&tag(name)),
            Self::StringLike(name, values) => {
                values.iter().any(|pattern| matches(&literal(pattern), &tag(name), |c| c))
            }
        }
    }
}

fn statement(value: Value) -> Result<Statement, Malformed> {
    let raw: RawStatement = serde_json::from_value(value).map_err(|e| Malformed(e.to_string()))?;
    let allow = match raw.effect.as_str() {
        "Allow" => true,
        "Deny" => false,
        other => return Err(Malformed(format!("Effect {other}"))),
    };
    let mut conditions = Vec::new();
    for (operator, keys) in raw.condition {
        for (key, values) in keys {
            conditions.push(condition(&operator, &key, values.all())?);
        }
    }
    let resources = raw.resource.all();
    if let Some(odd) = resources.iter().find(|arn| *arn != "*" && !arn.starts_with("arn:aws:")) {
        return Err(Malformed(format!("Resource {odd}")));
    }
    Ok(Statement { allow, actions: raw.action.all(), resources, conditions })
}

fn condition(operator: &str, key: &str, values: Vec<Value>) -> Result<Condition, Malformed> {
    let texts: Vec<String> = values
        .into_iter()
        .map(|value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        })
        .collect();
    let tag = key.strip_prefix("aws:PrincipalTag/").map(str::to_owned);
    match (operator, key, tag) {
        ("Bool", "aws:SecureTransport", _) => match texts.as_slice() {
            [one] if one == "true" => Ok(Condition::SecureTransport(true)),
            [one] if one == "false" => Ok(Condition::SecureTransport(false)),
            _ => Err(Malformed("aws:SecureTransport is true or false".to_owned())),
        },
        ("StringEquals", "kms:ViaService", _) => Ok(Condition::OtherService),
        ("StringEquals", _, Some(tag)) => Ok(Condition::StringEquals(tag, texts)),
        ("StringLike", _, Some(tag)) => Ok(Condition::StringLike(tag, texts)),
        _ => Err(Malformed(format!("condition {operator} {key} is not understood here"))),
    }
}

/// A pattern's character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Any,
    One,
    Char(char),
}

/// A pattern without variables.
fn literal(pattern: &str) -> Vec<Piece> {
    pattern.chars().map(piece).collect()
}

const fn piece(c: char) -> Piece {
    match c {
        '*' => Piece::Any,
        '?' => Piece::One,
        c => Piece::Char(c),
    }
}

/// A pattern with its variables put in. What a variable holds is literal: a `*` in a tag is no wildcard. An unknown
/// variable makes the pattern match nothing.
fn resolve(pattern: &str, tags: &BTreeMap<String, String>) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        pieces.extend(before.chars().map(piece));
        let (name, after) = after.split_once('}')?;
        match name {
            "*" | "?" | "$" => pieces.extend(name.chars().map(Piece::Char)),
            _ => {
                let value = tags.get(name.strip_prefix("aws:PrincipalTag/")?).filter(|value| !value.is_empty())?;
                pieces.extend(value.chars().map(Piece::Char));
            }
        }
        rest = after;
    }
    pieces.extend(rest.chars().map(piece));
    Some(pieces)
}

fn matches(pattern: &[Piece], text: &str, fold: impl Fn(char) -> char) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Piece::Any) => {
                star = Some((p, t));
                p += 1;
            }
            Some(Piece::One) => (p, t) = (p + 1, t + 1),
            Some(Piece::Char(c)) if fold(*c) == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|piece| *piece == Piece::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked<'a>(resource: &'a str, tags: &'a BTreeMap<String, String>) -> Asked<'a> {
        Asked { action: "s3:PutObject", resource, secure: true, tags }
    }

    fn policy(resource: &str) -> Policy {
        Policy::parse(&format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:PutObject","Resource":"{resource}"}}}}"#
        ))
        .expect("a policy")
    }

    #[test]
    fn what_a_tag_holds_is_no_wildcard() {
        let of = |value: &str| BTreeMap::from([("davit-prefix".to_owned(), value.to_owned())]);
        let policy = policy("arn:aws:s3:::media/${aws:PrincipalTag/davit-prefix}/*");
        assert!(policy.allows(&asked("arn:aws:s3:::media/u1/a/b", &of("u1"))));
        assert!(!policy.allows(&asked("arn:aws:s3:::media/u2/a", &of("u1"))));
        assert!(!policy.allows(&asked("arn:aws:s3:::media/u2/a", &of("*"))));
        assert!(!policy.allows(&asked("arn:aws:s3:::media//a", &of(""))), "an empty tag opens nothing");
        assert!(!policy.allows(&asked("arn:aws:s3:::media/u1/a", &BTreeMap::new())));
    }

    #[test]
    fn escaped_wildcards_are_letters_and_a_deny_wins() {
        let none = BTreeMap::new();
        let star = policy("arn:aws:s3:::media/${*}/x");
        assert!(star.allows(&asked("arn:aws:s3:::media/*/x", &none)));
        assert!(!star.allows(&asked("arn:aws:s3:::media/a/x", &none)));
        let both = Policy::parse(
            r#"{"Version":"2012-10-17","Statement":[
                {"Effect":"Allow","Action":"s3:*","Resource":"*"},
                {"Effect":"Deny","Action":"s3:Put*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#,
        )
        .expect("a policy");
        assert!(both.allows(&asked("arn:aws:s3:::media/a", &none)));
        assert!(!both.allows(&Asked { secure: false, ..asked("arn:aws:s3:::media/a", &none) }));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for bad in [
            "",
            r#"{"Version":"2008-10-17","Statement":[]}"#,
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}}"#,
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}}"#,
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Maybe","Action":"*","Resource":"*"}}"#,
        ] {
            assert!(Policy::parse(bad).is_err(), "{bad}");
        }
    }
}
