//! The backend's packages in a bare system: each is installed over the one before, serves, and is removed; and systemd is told of it.

use std::fs::Permissions;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::{before, everything_is_there};
use crate::bundle::linux::bare::Bare;
use crate::bundle::linux::recorder::{self, SYSTEMCTL};
use crate::run::{must, output};

pub(super) fn deb(system: &Bare, package: &str) -> Result<()> {
    let heard = listens(system)?;
    let before = earlier(system, package)?;
    system.install_for(package, "davit-backend")?;
    let bare = system.everything()?;
    system.install("install the one before", &[&before])?;
    std::fs::remove_file(system.path(&before))?;
    told(&heard, "it is installed", &["daemon-reload"])?;
    system.install("update it", &[package])?;
    told(&heard, "it is updated", &["daemon-reload", "daemon-reload", "try-restart davit-backend.service"])?;
    serves(system)?;
    must("remove it", &mut system.run(&["apt-get", "purge", "-y", "-qq", "davit-backend"]))?;
    told(&heard, "it is removed", &["disable --now davit-backend.service", "daemon-reload", "daemon-reload"])?;
    system.holds_no_more_than(&bare)
}

pub(super) fn rpm(system: &Bare, package: &str) -> Result<()> {
    system.install("RPM", &["rpm"])?;
    everything_is_there(system, package)?;
    let heard = listens(system)?;
    let before = earlier(system, package)?;
    let bare = system.everything()?;
    must("install the one before", &mut system.run(&["rpm", "--install", "--nodeps", &before]))?;
    std::fs::remove_file(system.path(&before))?;
    told(&heard, "it is installed", &["daemon-reload"])?;
    must("update it", &mut system.run(&["rpm", "--upgrade", "--nodeps", package]))?;
    told(&heard, "it is updated", &["daemon-reload", "daemon-reload", "try-restart davit-backend.service"])?;
    serves(system)?;
    must("remove it", &mut system.run(&["rpm", "--erase", "davit-backend"]))?;
    told(&heard, "it is removed", &["disable --now davit-backend.service", "daemon-reload"])?;
    system.holds_no_more_than(&bare)
}

/// Puts somebody in systemd's place who writes down what packages tell it. Answers where.
fn listens(system: &Bare) -> Result<PathBuf> {
    std::fs::create_dir_all(system.path("/run/systemd/system"))?;
    let place = system.path("/usr/bin/systemctl");
    std::fs::write(&place, SYSTEMCTL)?;
    std::fs::set_permissions(&place, Permissions::from_mode(0o755))?;
    Ok(system.path("/tmp/systemctl.heard"))
}

/// What packages told systemd until now, and nothing else. What it has heard is forgotten.
fn told(heard: &Path, when: &str, words: &[&str]) -> Result<()> {
    let said = recorder::read(heard);
    ensure!(said == words, "when {when}, systemd is told {said:?} and not {words:?}");
    match std::fs::remove_file(heard) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// The package before this one, in the system. Answers where.
fn earlier(system: &Bare, package: &str) -> Result<String> {
    let kind = Path::new(package).extension();
    let mut all = std::fs::read_dir(before()).context("what was before is not packed")?.flatten();
    let file = all.find(|file| file.path().extension() == kind).context("what was before is not packed")?.path();
    let inside = format!("/tmp/before-{}", crate::bundle::linux::name(&file));
    std::fs::copy(&file, system.path(&inside))?;
    Ok(inside)
}

/// The backend starts on its example, with a token made by itself, answers, and ends when it is asked to.
fn serves(system: &Bare) -> Result<()> {
    ensure!(system.path("/usr/lib/systemd/system/davit-backend.service").exists(), "the package brings no unit");
    let token = output(&mut system.run(&["davit-backend", "token"])).context("davit-backend makes no token")?;
    let hash = token.lines().find_map(|line| line.strip_prefix("token_sha256")).context("no hash")?.trim();
    let example = std::fs::read_to_string(system.path("/usr/share/doc/davit-backend/backend.toml"))?;
    let example = example.replace('…', hash).replace("127.0.0.1:8080", "127.0.0.1:0");
    std::fs::write(system.path("/tmp/backend.toml"), example.replace("/var/lib/davit-backend", "/tmp"))?;
    must(
        "its policies",
        system.run(&["davit-backend", "policy", "--config", "/tmp/backend.toml"]).stdout(Stdio::null()),
    )?;
    let mut service = system.run(&["davit-backend", "--config", "/tmp/backend.toml"]);
    for (name, value) in
        [("AWS_ACCESS_KEY_ID", "none"), ("AWS_SECRET_ACCESS_KEY", "none"), ("AWS_REGION", "eu-central-1")]
    {
        service.env(name, value);
    }
    let mut service = service.stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(service.stdout.take().context("it has no output")?).read_line(&mut line)?;
    let answers = healthy(&line);
    let _ = Command::new("kill").args(["-TERM", &service.id().to_string()]).status();
    let ended = service.wait()?;
    answers?;
    ensure!(ended.success(), "the backend ended with {ended}");
    Ok(())
}

/// Whether who printed this line answers at its address.
fn healthy(line: &str) -> Result<()> {
    let said: serde_json::Value = serde_json::from_str(line).context("the backend did not start; see above")?;
    let url = said["url"].as_str().context("the backend names no address")?;
    answers(url.trim_start_matches("http://").trim_end_matches('/'))
}

/// Whether a backend is well.
pub(crate) fn answers(address: &str) -> Result<()> {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address)?;
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "the backend is not healthy: {answer}");
    println!("the backend answers at {address}");
    Ok(())
}
