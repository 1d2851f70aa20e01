//! The backend in a container, as `packaging/Containerfile` says that it is run: where podman is, it is built, started with a file
//! that only root may read, answers, keeps what it is to keep, and ends when it is asked to.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::proof::answers;
use crate::run::{command, must, output, root, works};

/// What is made for the proof, and goes with it.
const NAME: &str = "davit-backend-proof";

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The first podman that puts a secret where a program looks for it. Source: its issue 12287.
const PODMAN: u32 = 4;

pub(super) fn proof(context: &Path) -> Result<()> {
    let Some(told) = output(&mut podman(&["--version"])) else {
        println!("== podman is not installed: the container is not tried; apt-get install podman");
        return Ok(());
    };
    if !is_young_enough(&told) {
        println!("== {}: the container is not tried, which needs podman {PODMAN}", told.trim());
        return Ok(());
    }
    clear();
    let outcome = run(context);
    clear();
    outcome
}

/// Of what podman says of itself, such as "podman version 4.3.1".
fn is_young_enough(told: &str) -> bool {
    let version = told.trim().rsplit(' ').next().unwrap_or_default();
    version.split('.').next().and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major >= PODMAN)
}

fn podman(words: &[&str]) -> Command {
    command("podman", words)
}

fn run(context: &Path) -> Result<()> {
    let mut build = podman(&["build", "-f", "packaging/Containerfile", "-t", NAME]);
    must("the container", build.arg(context))?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("backend.toml");
    std::fs::write(&file, config(&context.join("davit-backend"))?)?;
    must("its file, for root alone", command("chmod", &["0400"]).arg(&file))?;
    must("its secret", podman(&["secret", "create", NAME]).arg(&file))?;
    let secret = format!("{NAME},target=/etc/davit-backend/backend.toml,uid=65532,gid=65532,mode=0400");
    let kept = format!("{NAME}:/var/lib/davit-backend");
    let mut start = podman(&["run", "--detach", "--name", NAME, "--read-only", "--cap-drop=all"]);
    start.args(["--security-opt=no-new-privileges", "-p", "127.0.0.1::8080", "--secret", &secret, "-v", &kept]);
    for credentials in ["AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none", "AWS_REGION=eu-central-1"] {
        start.args(["--env", credentials]);
    }
    must("start it", start.arg(NAME))?;
    let address = output(&mut podman(&["port", NAME, "8080/tcp"])).context("podman does not tell its port")?;
    let begun = Instant::now();
    while let Err(error) = answers(address.trim()) {
        if begun.elapsed() > PATIENCE {
            must("what it says", &mut podman(&["logs", NAME]))?;
            return Err(error);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let keeps = ["exec", NAME, "sh", "-c", "test -d /var/lib/davit-backend/receipts && ! touch /usr/x 2>/dev/null"];
    must("it keeps receipts, and writes nowhere else", &mut podman(&keeps))?;
    must("end it", &mut podman(&["stop", "--time", "40", NAME]))?;
    let ended = output(&mut podman(&["inspect", "--format", "{{.State.ExitCode}}", NAME])).unwrap_or_default();
    if ended.trim() != "0" {
        bail!("the container ended with {}", ended.trim());
    }
    Ok(())
}

/// The example, with a token of its own.
fn config(program: &Path) -> Result<String> {
    let token = output(Command::new(program).arg("token")).context("davit-backend makes no token")?;
    let hash = token.lines().find_map(|line| line.strip_prefix("token_sha256")).context("no hash")?.trim();
    let example = std::fs::read_to_string(root().join("packaging/linux/backend.toml"))?;
    ensure!(example.contains("127.0.0.1:8080"), "the example listens somewhere else");
    Ok(example.replace('…', hash).replace("127.0.0.1:8080", "0.0.0.0:8080"))
}

/// Takes away what an earlier proof left.
fn clear() {
    for words in
        [&["rm", "--force", NAME][..], &["volume", "rm", NAME], &["secret", "rm", NAME], &["rmi", "--force", NAME]]
    {
        works(&mut podman(words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ubuntu 22.04, on which releases are made, has the first of them.
    #[test]
    fn a_podman_that_puts_no_secret_at_a_path_is_not_asked_to() {
        for old in ["podman version 3.4.4\n", "podman version 2.1.1", "", "podman"] {
            assert!(!is_young_enough(old), "{old}");
        }
        for young in
            ["podman version 4.0.0\n", "podman version 4.3.1", "podman version 5.4.2-dev", "podman version 10.0"]
        {
            assert!(is_young_enough(young), "{young}");
        }
    }

    /// Who runs it types what its head says.
    #[test]
    fn its_head_says_what_is_tried() {
        let file = std::fs::read_to_string(root().join("packaging/Containerfile")).expect("a Containerfile");
        assert!(file.contains(&format!("by podman {PODMAN}")), "{file}");
        for said in [
            "target=/etc/davit-backend/backend.toml,uid=65532,gid=65532,mode=0400",
            "--read-only --cap-drop=all --security-opt=no-new-privileges",
            ":/var/lib/davit-backend",
            "\nUSER 65532:65532\n",
            "\nCOPY usr/share/doc/davit-backend /usr/share/doc/davit-backend\n",
            "-o 65532 -g 65532 -m 0700 /var/lib/davit-backend\n",
        ] {
            assert!(file.contains(said), "{said}");
        }
    }
}
