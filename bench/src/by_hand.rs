//! The store alone: for a profile of who sends to it, or a look at a link.

use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::sink::{Config, Faults, Link, Sink};

#[derive(Debug, clap::Args)]
pub(crate) struct Store {
    /// Where it listens; anywhere without it.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Speaks TLS, and writes its CA there.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Bytes a second of each connection.
    #[arg(long, value_name = "BYTES")]
    each: Option<u64>,
    /// Bytes a second of all.
    #[arg(long, value_name = "BYTES")]
    all: Option<u64>,
    /// What each connect and each answer waits, in milliseconds.
    #[arg(long, default_value_t = 0)]
    latency: u64,
    /// A receive buffer of so many bytes for each connection.
    #[arg(long, value_name = "BYTES")]
    receive_buffer: Option<usize>,
    /// Of a thousand requests with a body, so many are answered 503.
    #[arg(long, default_value_t = 0)]
    busy: u64,
    /// And so many are cut.
    #[arg(long, default_value_t = 0)]
    resets: u64,
}

pub(crate) fn run(store: &Store) -> Result<()> {
    let link = Link {
        each: store.each,
        all: store.all.map(|rate| (Duration::ZERO, rate)).into_iter().collect(),
        latency: Duration::from_millis(store.latency),
        receive_buffer: store.receive_buffer,
    };
    let fails = store.busy + store.resets > 0;
    let faults = fails.then_some(Faults { seed: 1, busy_per_mille: store.busy, reset_per_mille: store.resets });
    let sink =
        Sink::start(Config { link, faults, ca: store.ca.clone(), port: store.port, timed: false }, Arc::default())?;
    println!("{}", sink.url());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    println!("{}", serde_json::to_string(&sink.report())?);
    Ok(())
}
