//! `davit doctor`: one line for each thing that must be right before an upload can go.

use std::path::Path;

use davit_core::error::{Error, ErrorCode, Result};
use davit_core::journal::{Outlook, Reader};
use davit_core::units::UnixTime;
use davit_core::uploader::{Options, Uploader};

use crate::look::Look;
use crate::upload::connected;
use crate::{DONE, NOTHING, checked, left, text, words};

/// S3 takes no request that is signed by a clock further off, in seconds. Source: S3 API reference,
/// `RequestTimeTooSkewed`.
const OFF: u64 = 15 * 60;

pub(crate) async fn run(server: Option<String>) -> Result<u8> {
    let mut options = Options::from_env()?;
    options.server = server.or(options.server);
    let (home_path, home) = (options.home.clone(), options.home.display().to_string());
    // What hinders that look hinders the start, too, which tells it better.
    let outlook = Outlook::of(&home_path).unwrap_or_default();
    let look = if outlook.is_some() { Look::beside(options).await } else { Look::open(options).await };
    let look = match look {
        Ok(look) => look,
        Err(error) => return Ok(problem("records", &error)),
    };
    if let Some(outlook) = &outlook {
        // The next start mends that, and tells it to whoever starts.
        fine("records", &words::of_notice(outlook.notice()));
    } else {
        let used = if look.beside_another() { ", in use by another Davit" } else { "" };
        fine("records", &format!("ok{used}, in {}", text::plain(&home)));
    }
    let records = outlook.as_ref().map_or(home_path.as_path(), Outlook::home);
    match Reader::open(records).and_then(|records| records.receipts_that_wait()) {
        Ok(0) | Err(_) => {}
        Ok(waiting) => fine("receipts", &words::receipts_wait(waiting)),
    }
    leftovers(records);
    let outcome = company(&look.uploader).await.max(the_way(&look.uploader).await);
    look.uploader.close().await;
    Ok(if outlook.is_some() { NOTHING } else { outcome })
}

async fn company(uploader: &Uploader) -> u8 {
    let destinations = match connected(uploader).await {
        Ok(destinations) => destinations,
        Err(error) => {
            let code = problem("company", &error);
            fine("clock", "not checked: nobody was there to say what time it is");
            return code;
        }
    };
    fine("company", "ok");
    fine("sign-in", "ok");
    let (mut worst, mut time) = (DONE, None);
    for to in destinations.iter() {
        match uploader.try_credentials(&to.id).await {
            Ok(left) => fine("credentials", &format!("ok for {} ({left})", text::plain(&to.label))),
            Err(error) => worst = problem("credentials", &error),
        }
        let label = text::plain(&to.label);
        match uploader.sign_of_store(to).await {
            Ok(sign) if sign.is_a_store => {
                fine("storage", &format!("ok, it answers for {label}"));
                time = time.or(sign.time);
            }
            Ok(sign) => {
                fine(
                    "storage",
                    &ask_them(&format!("What answers for {label} is no storage."), format!("HTTP {}", sign.status)),
                );
                worst = NOTHING;
            }
            // The company answered: what is missing is not the connection as a whole.
            Err(error) if error.code == ErrorCode::Offline => {
                let technical = text::plain(&words::technical(&error));
                fine("storage", &ask_them(&format!("The storage for {label} does not answer."), technical));
                worst = NOTHING;
            }
            Err(error) => worst = problem("storage", &error),
        }
    }
    let time = match time {
        None => uploader.time_at_company().await,
        told => told,
    };
    match time.map(|there| off(UnixTime::now(), there)) {
        None => fine("clock", "not checked: nobody says what time it is"),
        Some(None) => fine("clock", "ok"),
        Some(Some(how_much)) => worst = problem("clock", &Error::new(ErrorCode::ClockWrong).detail(how_much)),
    }
    worst
}

/// Names, proxy, certificate, and a test file.
async fn the_way(uploader: &Uploader) -> u8 {
    let (mut worst, mut lines) = (DONE, uploader.check(None));
    while let Some(line) = lines.recv().await {
        let Some((name, how)) = checked::told(&line) else { continue };
        fine(name, &how);
        if checked::is_wrong(&line) {
            worst = NOTHING;
        }
    }
    worst
}

fn ask_them(what: &str, technical: impl std::fmt::Display) -> String {
    format!("{what} Ask your administrator. [{technical}]")
}

/// How far the clock here is off, where that is more than S3 takes.
fn off(here: UnixTime, there: UnixTime) -> Option<String> {
    let apart = here.0.abs_diff(there.0);
    let way = if here > there { "ahead" } else { "behind" };
    let much = match apart / 60 {
        minutes @ ..120 => format!("{minutes} min"),
        minutes @ ..2_880 => format!("{} h", minutes / 60),
        minutes => format!("{} days", minutes / 1_440),
    };
    (apart > OFF).then(|| format!("it is {much} {way}; the storage takes 15 min"))
}

/// Uploads that nobody will finish cost the company room until they are removed.
fn leftovers(home: &Path) {
    match left::on_record(home) {
        Ok(all) if all.is_empty() => fine("leftovers", "none known"),
        Ok(all) => left::sentences(&all).iter().for_each(|line| fine("leftovers", line)),
        Err(error) => {
            problem("leftovers", &error);
        }
    }
}

fn fine(what: &str, how: &str) {
    // Its exit code tells as much as its words.
    let _ = text::line(&format!("{what:<11} {how}"));
}

fn problem(what: &str, error: &Error) -> u8 {
    fine(what, &format!("{} [{}]", words::sentence(error), text::plain(&words::technical(error))));
    NOTHING
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_wrong_where_the_storage_takes_it_no_more() {
        let now = UnixTime(2_000_000);
        assert_eq!(off(UnixTime(now.0 + 900), now), None);
        let told = off(UnixTime(now.0 - 901), now).expect("wrong");
        assert_eq!(told, "it is 15 min behind; the storage takes 15 min");
        assert!(off(UnixTime(now.0 + 90_000), now).expect("wrong").starts_with("it is 25 h ahead"));
    }
}
