//! What no report may hold, taken out of every line of it: secrets that are known, whatever looks like one, and names of what
//! a person has. Rather too much than too little.

use secrecy::{ExposeSecret as _, SecretString};

use super::known::Known;

/// What is in the place of a secret.
const SECRET: &str = "<secret>";
/// What is in the place of a path.
const PATH: &str = "<path>";
/// What is in the place of the name that AWS has for a thing: an object's has its key, a role's the account.
const ARN: &str = "<arn>";
/// What comes after these words is secret, up to the next blank or quote.
const TELLTALES: [&str; 12] = [
    "bearer ",
    "basic ",
    "x-amz-security-token",
    "credential=",
    "signature=",
    "password=",
    "token=",
    "secretaccesskey",
    "secret_access_key",
    "secret access key",
    "sessiontoken",
    "session_token",
];
/// What an access key's id begins with, and how long it is.
const KEY_IDS: [&str; 2] = ["AKIA", "ASIA"];
const KEY_ID: usize = 20;

/// Takes them out.
pub(super) struct Scrub {
    secrets: Vec<String>,
    /// What is on record; nothing where names may be shown.
    known: Option<Known>,
}

impl Scrub {
    pub(super) fn new(secrets: &[SecretString], known: Option<Known>) -> Self {
        // A short one would take half the words out, and is no secret.
        let long = |secret: &&str| secret.len() >= 4;
        let secrets = secrets.iter().map(SecretString::expose_secret).filter(long).map(str::to_owned).collect();
        Self { secrets, known }
    }

    /// A text without them.
    pub(super) fn text(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            clean += &self.line(line);
        }
        clean
    }

    fn line(&self, line: &str) -> String {
        let mut clean = line.to_owned();
        for secret in &self.secrets {
            clean = clean.replace(secret.as_str(), SECRET);
            // As an address or JSON has it.
            let spelt: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            clean = clean.replace(&spelt, SECRET);
            let quoted = serde_json::to_string(secret).unwrap_or_default();
            clean = clean.replace(quoted.trim_matches('"'), SECRET);
        }
        clean = without_logins(&clean);
        for telltale in TELLTALES {
            clean = without_what_follows(&clean, telltale);
        }
        clean = without_key_ids(&clean);
        let Some(known) = &self.known else { return clean };
        known.out_of(&without_paths(&without_arns(&clean)))
    }
}

fn is_end(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ')' | '&' | ';' | '<')
}

/// What follows a telltale word, however that is written, is taken out.
fn without_what_follows(line: &str, telltale: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let mut clean = String::with_capacity(line.len());
    let mut from = 0;
    while let Some(at) = lower[from..].find(telltale) {
        let begin = from + at + telltale.len();
        let begin = begin + line[begin..].len() - line[begin..].trim_start_matches([':', '=', ' ', '"', '>']).len();
        let end = line[begin..].find(is_end).map_or(line.len(), |end| begin + end);
        clean += &line[from..begin];
        if end > begin {
            clean += SECRET;
        }
        from = end;
    }
    clean + &line[from..]
}

/// `http://ada:secret@host` has a login in it.
fn without_logins(line: &str) -> String {
    let mut clean = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean += before;
        let end = after.find(|c: char| is_end(c) || matches!(c, '/' | '?' | '#')).unwrap_or(after.len());
        match after[..end].rfind('@') {
            Some(login) => {
                clean += SECRET;
                rest = &after[login..];
            }
            None => rest = after,
        }
    }
    clean + rest
}

/// Ids of access keys look like nothing else.
fn without_key_ids(line: &str) -> String {
    let mut clean = String::with_capacity(line.len());
    for word in line.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let id = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_one = id.len() == KEY_ID
            && KEY_IDS.iter().any(|begin| id.starts_with(begin))
            && !id.contains(|c: char| c.is_ascii_lowercase());
        clean += if is_one { SECRET } else { id };
        clean += &word[id.len()..];
    }
    clean
}

/// One in quotes ends with them. One of an object ends nobody knows where otherwise, since keys have blanks: all of the line goes.
fn without_arns(line: &str) -> String {
    let mut clean = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(begin) = rest.find("arn:") {
        let (before, arn) = rest.split_at(begin);
        clean += before;
        if before.ends_with(char::is_alphanumeric) {
            clean += "arn:";
            rest = &arn["arn:".len()..];
            continue;
        }
        clean += ARN;
        let quote = before.chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`'));
        let end = match quote {
            Some(quote) => arn.find([quote, '\n']),
            None if arn.split(':').nth(2) == Some("s3") => arn.find(['"', '\n']),
            None => arn.find(is_end),
        };
        rest = &arn[end.unwrap_or(arn.len())..];
    }
    clean + rest
}

/// A path ends nobody knows where: all from its beginning goes, up to a quote or the line's end.
fn without_paths(line: &str) -> String {
    let mut clean = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(begin) = begins_a_path(rest) {
        let (before, path) = rest.split_at(begin);
        let end = path.find(['"', '\n']).unwrap_or(path.len());
        clean += before;
        clean += PATH;
        rest = &path[end..];
    }
    clean + rest
}

/// Where an absolute path of any system begins: not in the midst of a word, an address or a media type.
fn begins_a_path(line: &str) -> Option<usize> {
    line.char_indices().map(|(at, _)| at).find(|&at| {
        let (before, here) = line.split_at(at);
        let before = before.chars().next_back();
        let alone =
            before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '/' | '\\' | ':' | '<' | '.' | '-' | '_'));
        let mut chars = here.chars();
        let (first, second, third) = (chars.next(), chars.next(), chars.next());
        let unix = first == Some('/') && second.is_some_and(|c| !c.is_whitespace() && c != '/');
        let drive = first.is_some_and(|c| c.is_ascii_alphabetic())
            && second == Some(':')
            && third.is_some_and(|c| matches!(c, '\\' | '/'));
        let share = first == Some('\\') && second == Some('\\');
        let home = first == Some('~') && second.is_some_and(|c| matches!(c, '/' | '\\'));
        // What follows a colon at once, as in "at:/srv", is one as well.
        let after_colon = unix && before == Some(':');
        (alone && (unix || drive || share || home)) || after_colon
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubbed(line: &str) -> String {
        Scrub::new(&["s3cr/et pass".to_owned().into(), "abc".to_owned().into()], Some(Known::default())).text(line)
    }

    #[test]
    fn a_secret_that_is_known_is_taken_out_however_it_is_spelt() {
        for line in ["it was s3cr/et pass.", "it was s3cr%2Fet+pass.", "it was \"s3cr/et pass\"."] {
            let clean = scrubbed(line);
            assert!(!clean.contains("s3cr") && clean.contains(SECRET), "{clean}");
        }
        assert_eq!(scrubbed("abcabc"), "abcabc", "no secret is so short");
    }

    #[test]
    fn what_looks_like_a_secret_is_taken_out() {
        for (line, clean) in [
            ("asked http://ada:pa@ss@proxy.example.com:3128/ now", "asked http://<secret>@proxy.example.com:3128/ now"),
            ("Authorization: Bearer eyJhbGciOi.x-y, next", "Authorization: Bearer <secret>, next"),
            ("X-Amz-Security-Token: FwoGZX== and", "X-Amz-Security-Token: <secret> and"),
            ("GET /?X-Amz-Signature=abcdef0&x=1", "GET /?X-Amz-Signature=<secret>&x=1"),
            ("Credential=ASIAABCDEFGH01234567/2026/eu, next", "Credential=<secret>, next"),
            ("the id AKIAABCDEFGH01234567 is not known", "the id <secret> is not known"),
            (
                "{\"secretAccessKey\":\"a/b+c\",\"sessionToken\":\"d==\"}",
                "{\"secretAccessKey\":\"<secret>\",\"sessionToken\":\"<secret>\"}",
            ),
            ("<SecretAccessKey>a/b+c</SecretAccessKey>", "<SecretAccessKey><secret></SecretAccessKey>"),
            ("aws_secret_access_key = a/b+c", "aws_secret_access_key = <secret>"),
            ("a mail to ada@example.com", "a mail to ada@example.com"),
            ("403 InvalidAccessKeyId: no such key", "403 InvalidAccessKeyId: no such key"),
        ] {
            assert_eq!(Scrub::new(&[], None).text(line), clean);
        }
    }

    #[test]
    fn a_name_of_a_file_is_taken_out_wherever_its_path_begins() {
        for (line, clean) in [
            ("file-missing: /home/ada/My films/cut.mov: gone\nnext", "file-missing: <path>\nnext"),
            ("error=C:\\Users\\ada\\cut.mov (os error 2)", "error=<path>"),
            ("\\\\nas\\films\\cut.mov is away", "<path>"),
            ("{\"path\":\"/srv/x y\",\"size\":3}", "{\"path\":\"<path>\",\"size\":3}"),
            ("~/films/cut.mov", "<path>"),
        ] {
            assert_eq!(scrubbed(line), clean);
        }
    }

    #[test]
    fn what_aws_calls_an_object_or_a_role_is_taken_out_with_all_that_is_in_it() {
        for (line, clean) in [
            (
                "User: arn:aws:sts::123456789012:assumed-role/davit/mara is not authorized to perform: s3:PutObject on \
                 resource: \"arn:aws:s3:::media/in/A film.mov\" because no policy allows it",
                "User: <arn> is not authorized to perform: s3:PutObject on resource: \"<arn>\" because no policy allows it",
            ),
            ("no access to arn:aws:s3:::media/in/A film.mov because\nnext", "no access to <arn>\nnext"),
            ("(arn:aws-cn:iam::123456789012:role/davit), again", "(<arn>), again"),
            ("the barn: red", "the barn: red"),
        ] {
            assert_eq!(scrubbed(line), clean);
        }
    }

    #[test]
    fn addresses_types_and_rates_stay() {
        for line in [
            "https://s3.eu-central-1.amazonaws.com/",
            "406 with application/json",
            "38 MB/s of 50 MB/s, 3 / 4",
            "2026-11-30T12:00:00.000000Z  INFO davit_core::uploader: the company does not answer yet",
        ] {
            assert_eq!(scrubbed(line), line);
        }
    }
}
