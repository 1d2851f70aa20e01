//! `davit-backend`: the credential service as a program.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args as ClapArgs, Parser, Subcommand};
use davit_backend::config::Config;
use davit_backend::{Backend, check, guide, hash_token};

/// Hands a company's people short-lived, narrow AWS credentials.
///
/// AWS keys come from the default chain (environment, profile, instance role), never from the file.
#[derive(Debug, Parser)]
#[command(name = "davit-backend", version, about, args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    file: File,
}

#[derive(Debug, ClapArgs)]
struct File {
    /// The TOML file with people, destinations and how STS is asked.
    #[arg(long, default_value = "backend.toml")]
    config: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask any server what Davit asks, and print what does not hold.
    Check {
        /// Its address.
        url: String,
        /// An access token, where it wants one; better in the environment, where other people do not see it.
        #[arg(long, env = "DAVIT_TOKEN", hide_env_values = true)]
        token: Option<String>,
    },
    /// Print the roles, policies and commands that AWS needs.
    Policy(File),
    /// Make an access token, and print it with the hash for the file.
    Token,
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    // Audit lines come whatever else is asked for.
    let wanted = std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".to_owned());
    let filter = tracing_subscriber::EnvFilter::new(format!("{wanted},audit=info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    let outcome = match args.command {
        None => serve(&args.file).await,
        Some(Command::Policy(file)) => policy(&file),
        Some(Command::Check { url, token }) => contract(&url, token.as_deref()).await,
        Some(Command::Token) => token(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("davit-backend: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(file: &File) -> Outcome {
    let mut signals = Signals::listen()?;
    let backend = Backend::start(Config::load(&file.config)?).await?;
    println!("{}", serde_json::json!({ "url": backend.url() }));
    signals.next().await;
    // Whoever asks twice means at once.
    tokio::select! {
        () = backend.end() => {}
        () = signals.next() => {}
    }
    Ok(())
}

/// What asks a service to end: SIGTERM and SIGINT, or Ctrl-C.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "the same as where it can fail")]
    fn listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

fn policy(file: &File) -> Outcome {
    print!("{}", guide::print(&Config::load(&file.config)?));
    Ok(())
}

async fn contract(url: &str, token: Option<&str>) -> Outcome {
    let findings = check::check(url, token).await?;
    let mut broken = 0;
    for finding in &findings {
        match &finding.broken {
            None => println!("holds   {}", finding.rule),
            Some(seen) => {
                broken += 1;
                println!("BROKEN  {}\n        seen: {seen}", finding.rule);
            }
        }
    }
    if broken > 0 { Err(format!("{broken} of {} rules do not hold", findings.len()).into()) } else { Ok(()) }
}

fn token() -> Outcome {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    let token = hex::encode(bytes);
    println!("token         {token}\ntoken_sha256  {}", hash_token(&token));
    Ok(())
}
