//! `davit forget`: the process that is at work forgets its company, or this one where none is. Asked once: it cannot be undone.

use std::io::IsTerminal as _;

use davit_core::error::{Error, ErrorCode, Result};
use davit_core::uploader::{Forgotten, Options, Uploader, control};

use crate::{DONE, NOTHING, text, words};

/// What it does, before anybody agrees to it.
const WHAT: &str = "Davit signs out, watches none of the company's folders any more, gives up what is not uploaded, and clears the \
                    history here. Files on this computer stay, and so does what is uploaded. This cannot be undone.";

pub(crate) async fn run(yes: bool) -> Result<u8> {
    let options = Options::from_env()?;
    // Nobody is asked about what is not done.
    options.policy.lets_go()?;
    if !yes && !is_meant()? {
        return Ok(NOTHING);
    }
    let forgotten = match control::forget(&options.home).await {
        Ok(None) => here(options).await,
        Ok(Some(forgotten)) => Ok(forgotten),
        Err(error) => Err(error),
    };
    match forgotten {
        // It came to its end at the start of this very command, too.
        Err(error) if error.code == ErrorCode::BadInput => {
            text::line("Davit knows no company.")?;
            Ok(NOTHING)
        }
        forgotten => {
            text::line(&said(&forgotten?))?;
            Ok(DONE)
        }
    }
}

async fn here(options: Options) -> Result<Forgotten> {
    let uploader = Uploader::open(Options { hold: true, ..options }).await?;
    words::tell(uploader.notice());
    let forgotten = uploader.forget_company().await;
    uploader.close().await;
    forgotten
}

/// Whether a person at a terminal says so.
fn is_meant() -> Result<bool> {
    text::note(WHAT);
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        text::note("To have it so: `davit forget --yes`.");
        return Ok(false);
    }
    text::note("Forget the company: yes or no?");
    let mut line = String::new();
    // Nothing else is at work yet.
    let read = std::io::stdin().read_line(&mut line);
    read.map_err(|e| Error::new(ErrorCode::Unexpected).detail("standard input").source(e))?;
    let meant = says_yes(&line);
    if !meant {
        text::note("Nothing is forgotten.");
    }
    Ok(meant)
}

/// What nobody meant forgets nothing.
fn says_yes(line: &str) -> bool {
    line.trim().eq_ignore_ascii_case("yes")
}

fn said(Forgotten { company, left }: &Forgotten) -> String {
    let company = text::plain(company);
    match *left {
        0 => format!("{company} is forgotten."),
        1 => format!(
            "{company} is forgotten. 1 unfinished upload may be left in its storage: the bucket's lifecycle rule removes it."
        ),
        many => format!(
            "{company} is forgotten. {many} unfinished uploads may be left in its storage: the bucket's lifecycle rule removes them."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_is_forgotten_by_a_whole_word_and_what_is_left_is_said() {
        assert!(says_yes("Yes\r\n"));
        for odd in ["", "\n", "y", "no", "yess", "forget"] {
            assert!(!says_yes(odd), "{odd:?}");
        }
        let words = |left| said(&Forgotten { company: "Example Films".to_owned(), left });
        assert_eq!(words(0), "Example Films is forgotten.");
        assert!(words(1).contains("1 unfinished upload may be left"), "{}", words(1));
        assert!(words(2).contains("2 unfinished uploads may be left"), "{}", words(2));
    }
}
