//! `davit doctor`: one line for each thing that must be right before an upload can go.

use davit_core::error::{Error, Result};
use davit_core::uploader::{Options, Uploader};

use crate::upload::connected;
use crate::{DONE, NOTHING, words};

pub(crate) async fn run(server: Option<String>) -> Result<u8> {
    let mut options = Options::from_env()?;
    options.server = server.or(options.server);
    options.hold = true;
    println!("records     {}", options.home.display());
    let uploader = match Uploader::open(options).await {
        Ok(uploader) => uploader,
        Err(error) => return Ok(problem("records", &error)),
    };
    println!("records     ok");
    let outcome = company(&uploader).await;
    uploader.close().await;
    Ok(outcome)
}

async fn company(uploader: &Uploader) -> u8 {
    let destinations = match connected(uploader).await {
        Ok(destinations) => destinations,
        Err(error) => return problem("company", &error),
    };
    println!("company     ok");
    println!("sign-in     ok");
    let mut worst = DONE;
    for to in destinations.iter() {
        match uploader.try_credentials(&to.id).await {
            Ok(left) => println!("credentials ok for {} ({left})", to.label),
            Err(error) => worst = problem("credentials", &error),
        }
    }
    worst
}

fn problem(what: &str, error: &Error) -> u8 {
    let words = words::of(error.code);
    println!("{what:<11} {} {} [{error}]", words.what, words.action);
    NOTHING
}
