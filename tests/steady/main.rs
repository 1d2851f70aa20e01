//! An engine that lives long, for tests that look whether it grows: each line of its input is a folder, which it uploads
//! as a window would; each line of its output is what came of it.
#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::path::PathBuf;

use davit_core::engine::EnqueueOptions;
use davit_core::error::Result;
use davit_core::session::Collision;
use davit_core::uploader::{Direct, Options, Uploader};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// `davit-steady BUCKET REGION ENDPOINT`; its home and its keys come from the environment.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [bucket, region, endpoint] = words.as_slice() else { panic!("davit-steady BUCKET REGION ENDPOINT") };
    let mut options = Options::from_env()?;
    options.direct = Some(Direct {
        bucket: bucket.clone(),
        prefix: "in/".to_owned(),
        region: Some(region.clone()),
        endpoint: Some(endpoint.parse().expect("an address")),
        path_style: true,
        accelerate: false,
    });
    // As many as turn out best would come and go, and what they hold with them.
    options.concurrency = Some(16);
    let uploader = Uploader::open(options).await?;
    let engine = uploader.engine();
    let to = uploader.destinations().await?[0].id.clone();
    let mut folders = BufReader::new(tokio::io::stdin()).lines();
    while let Some(folder) = folders.next_line().await.expect("its input") {
        let how =
            EnqueueOptions { collision: Some(Collision::Overwrite), resume_same: false, ..EnqueueOptions::default() };
        let ticket = engine.enqueue(vec![PathBuf::from(folder)], to.clone(), how).await?;
        let settled = engine.settled(ticket.items).await?;
        engine.clear_done().await?;
        println!(
            "{}",
            json!({ "uploaded": settled.uploaded, "settled": format!("{settled:?}"), "tasks": uploader.tasks() })
        );
    }
    uploader.close().await;
    Ok(())
}
