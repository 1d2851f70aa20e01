//! `davit doctor`: one line for each thing that must be right before an upload can go.

use std::path::Path;

use davit_core::error::{Error, Result};
use davit_core::journal::Reader;
use davit_core::uploader::{Options, Uploader};

use crate::look::Look;
use crate::upload::connected;
use crate::{DONE, NOTHING, left, text, words};

pub(crate) async fn run(server: Option<String>) -> Result<u8> {
    let mut options = Options::from_env()?;
    options.server = server.or(options.server);
    let (home_path, home) = (options.home.clone(), options.home.display().to_string());
    let look = match Look::open(options).await {
        Ok(look) => look,
        Err(error) => return Ok(problem("records", &error)),
    };
    let used = if look.beside_another() { ", in use by another Davit" } else { "" };
    fine("records", &format!("ok{used}, in {}", text::plain(&home)));
    if let Some(notice) = look.uploader.notice() {
        fine("records", &words::of_notice(notice));
    }
    match Reader::open(&home_path).and_then(|records| records.receipts_that_wait()) {
        Ok(0) | Err(_) => {}
        Ok(waiting) => fine("receipts", &words::receipts_wait(waiting)),
    }
    leftovers(&home_path);
    let outcome = company(&look.uploader).await;
    look.uploader.close().await;
    Ok(outcome)
}

async fn company(uploader: &Uploader) -> u8 {
    let destinations = match connected(uploader).await {
        Ok(destinations) => destinations,
        Err(error) => return problem("company", &error),
    };
    fine("company", "ok");
    fine("sign-in", "ok");
    let mut worst = DONE;
    for to in destinations.iter() {
        match uploader.try_credentials(&to.id).await {
            Ok(left) => fine("credentials", &format!("ok for {} ({left})", text::plain(&to.label))),
            Err(error) => worst = problem("credentials", &error),
        }
    }
    worst
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
