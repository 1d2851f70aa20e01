//! `davit-localcloud`: the local cloud as a program. Prints one JSON line with its endpoints and keys, then serves.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use davit_localcloud::{Config, LocalCloud};

#[derive(Debug, Parser)]
#[command(name = "davit-localcloud", version, about = "S3 and STS on loopback, for the demo and tests.")]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// A loopback address and port; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where everything is kept.
    #[arg(long, global = true, default_value = "localcloud-data")]
    data: PathBuf,
    /// A bucket to make; may be given several times.
    #[arg(long = "bucket", default_value = "demo-media")]
    buckets: Vec<String>,
    /// The region that signatures must name.
    #[arg(long, default_value = "eu-central-1")]
    region: String,
    /// The shortest session, in seconds.
    #[arg(long, default_value_t = 900)]
    min_session_seconds: u64,
    /// A role and the file with its permission policy; may be given several times.
    #[arg(long = "role", value_name = "NAME=POLICY.json")]
    roles: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List finished objects: size, bucket/key.
    Ls,
    /// Write an object to standard output.
    Cat {
        /// `BUCKET/KEY`.
        object: String,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "off".into());
    let ansi = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(ansi).init();
    let outcome = match args.command {
        Some(Command::Ls) => list(&args.data),
        Some(Command::Cat { object }) => cat(&args.data, &object),
        None => serve(args).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("davit-localcloud: {error}");
            ExitCode::FAILURE
        }
    }
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

async fn serve(args: Args) -> Outcome {
    let mut roles = Vec::new();
    for role in &args.roles {
        let (name, file) = role.split_once('=').ok_or("a role is given as NAME=POLICY.json")?;
        roles.push((name.to_owned(), std::fs::read_to_string(file)?));
    }
    let config = Config {
        roles,
        listen: args.listen,
        region: args.region,
        buckets: args.buckets.clone(),
        min_session_seconds: args.min_session_seconds,
        ..Config::new(args.data)
    };
    let cloud = LocalCloud::start(config).await?;
    let line = serde_json::json!({
        "s3_endpoint": cloud.endpoint(),
        "sts_endpoint": cloud.endpoint(),
        "region": cloud.region(),
        "access_key_id": cloud.keys().access_key_id,
        "secret_access_key": cloud.keys().secret_access_key,
        "buckets": args.buckets,
    });
    println!("{line}");
    tokio::signal::ctrl_c().await?;
    Ok(())
}

fn list(data: &std::path::Path) -> Outcome {
    for object in davit_localcloud::observe::stored(data)? {
        println!("{:>15}  {}/{}", object.size, object.bucket, object.key);
    }
    Ok(())
}

fn cat(data: &std::path::Path, wanted: &str) -> Outcome {
    let stored = davit_localcloud::observe::stored(data)?;
    let object = stored.iter().find(|object| format!("{}/{}", object.bucket, object.key) == wanted);
    let object = object.ok_or("no such object")?;
    let mut out = std::io::stdout().lock();
    for part in &object.parts {
        std::io::copy(&mut std::fs::File::open(part)?, &mut out)?;
    }
    Ok(())
}
