//! Every promise, kept by the real command line against a real store. One scenario a file.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests time and spawn")]

#[cfg(target_os = "linux")]
mod awake;
#[cfg(target_os = "linux")]
mod aws_walk;
mod backend;
mod bad_input;
mod captive;
mod checks;
mod clocks;
mod codes;
mod command_line;
mod credentials;
mod damage;
mod details;
mod endings;
mod ends;
#[cfg(target_os = "linux")]
mod endurance;
mod finding;
mod forgetting;
mod given_again;
mod heavy;
#[cfg(target_os = "linux")]
mod heavy_watching;
mod history;
mod hostile;
mod house;
mod interruptions;
mod leases;
mod limits;
mod lists;
mod looking;
#[cfg(target_os = "linux")]
mod metered;
mod model;
#[cfg(unix)]
mod names;
mod names_and_leftovers;
mod network;
#[cfg(unix)]
mod order;
mod outages;
mod policies;
mod policy_files;
mod proxies;
mod receipts;
mod records;
mod reports;
mod resting;
#[cfg(target_os = "linux")]
mod scale;
#[cfg(unix)]
mod sessions;
mod sign_in;
#[cfg(unix)]
mod sources;
mod speed;
mod stalls;
#[cfg(target_os = "linux")]
mod storms;
mod told;
mod unclear;
mod uploads;
mod waiting;
mod watching;
mod watching_all;
#[cfg(unix)]
mod watching_links;
mod watching_moves;
mod watching_wishes;
mod ways;
#[cfg(target_os = "linux")]
mod window;
#[cfg(target_os = "linux")]
mod window_accessible;
#[cfg(target_os = "linux")]
mod window_around;
#[cfg(target_os = "linux")]
mod window_connection;
#[cfg(target_os = "linux")]
mod window_crowd;
#[cfg(target_os = "linux")]
mod window_door;
#[cfg(target_os = "linux")]
mod window_drops;
#[cfg(target_os = "linux")]
mod window_hidden;
#[cfg(target_os = "linux")]
mod window_history;
#[cfg(target_os = "linux")]
mod window_journeys;
#[cfg(target_os = "linux")]
mod window_limits;
#[cfg(target_os = "linux")]
mod window_measured;
#[cfg(target_os = "linux")]
mod window_sign_in;
#[cfg(target_os = "linux")]
mod window_updates;
#[cfg(target_os = "linux")]
mod window_walk;
#[cfg(target_os = "linux")]
mod window_watched;
#[cfg(target_os = "linux")]
mod window_watched_many;
#[cfg(target_os = "linux")]
mod window_zoom;
