//! A cloud and a backend on loopback, with their data in one folder. They end together with it.

use std::fs::{File, TryLockError};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::keep::Kept;
use crate::run::binary;

/// A free port of this computer.
const ANY: &str = "127.0.0.1:0";
/// The only bucket.
const BUCKET: &str = "demo-media";

pub(crate) struct Local {
    /// Where everything lies.
    pub(crate) folder: PathBuf,
    /// The store's address.
    pub(crate) store: String,
    /// The backend's address.
    pub(crate) server: String,
    _cloud: Kept,
    _backend: Kept,
    /// Let go of last, when both have ended.
    _place: Place,
}

/// A folder that is ours until this is dropped: two clouds on the same data would break each other's.
pub(crate) struct Place {
    folder: PathBuf,
    _lock: File,
}

impl Place {
    pub(crate) fn claim(folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let lock = File::create(folder.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder, _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                bail!("another cargo xtask uses {}; close its window, or wait for its end", folder.display())
            }
            Err(TryLockError::Error(error)) => Err(error).context("no lock can be had"),
        }
    }
}

/// The address of an earlier start, while it is free; what is unfinished belongs to it. Else any.
fn remembered(file: &Path) -> Result<String> {
    let before = match std::fs::read_to_string(file) {
        Ok(before) => before,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(ANY.to_owned()),
        Err(error) => return Err(error.into()),
    };
    if std::net::TcpListener::bind(before.trim()).is_ok() {
        return Ok(before.trim().to_owned());
    }
    println!("== {before} is taken by another program: what an earlier start left unfinished rests until it is free");
    Ok(ANY.to_owned())
}

fn remember(file: &Path, url: &str) -> Result<()> {
    let address = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    std::fs::write(file, address).with_context(|| format!("{} cannot be written", file.display()))
}

impl Local {
    /// Starts both; what an earlier start left in the folder is there again.
    pub(crate) fn start(place: Place) -> Result<Self> {
        let folder = place.folder.clone();
        let data = folder.join("cloud");
        let listen = remembered(&folder.join("cloud.address"))?;
        let mut cloud = Command::new(binary("davit-localcloud"));
        cloud.arg("--data").arg(&data).args(["--bucket", BUCKET, "--listen", &listen]);
        let (cloud, said) = first_line("the local cloud", &cloud)?;
        let text =
            |name: &str| said[name].as_str().map(str::to_owned).with_context(|| format!("no {name} from the cloud"));
        let (store, region) = (text("s3_endpoint")?, text("region")?);

        let config = folder.join("backend.toml");
        let listen = remembered(&folder.join("backend.address"))?;
        std::fs::write(&config, backend_config(&region, &listen))?;
        let mut backend = Command::new(binary("davit-backend"));
        backend
            .arg("--config")
            .arg(&config)
            .env("AWS_ENDPOINT_URL_STS", text("sts_endpoint")?)
            .env("AWS_ENDPOINT_URL_S3", &store)
            .env("AWS_ACCESS_KEY_ID", text("access_key_id")?)
            .env("AWS_SECRET_ACCESS_KEY", text("secret_access_key")?)
            .env("AWS_REGION", region);
        let (backend, said) = first_line("the backend", &backend)?;
        let server = said["url"].as_str().context("no url from the backend")?.to_owned();
        remember(&folder.join("cloud.address"), &store)?;
        remember(&folder.join("backend.address"), &server)?;
        println!("store    {store}");
        println!("backend  {server}");
        Ok(Self { folder, store, server, _cloud: cloud, _backend: backend, _place: place })
    }

    /// One of our programs, connected to both.
    pub(crate) fn davit(&self, program: &str, home: &str) -> Command {
        let mut command = Command::new(binary(program));
        command
            .env("DAVIT_HOME", self.folder.join(home))
            .env("DAVIT_SERVER", &self.server)
            .env("DAVIT_DEV_S3_ENDPOINT", &self.store);
        command
    }

    /// Where the store keeps its data.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("cloud")
    }

    /// The objects' names, with the bucket's in front.
    pub(crate) fn objects(&self) -> Result<Vec<String>> {
        let listed = Command::new(binary("davit-localcloud")).arg("ls").arg("--data").arg(self.data()).output()?;
        let listed = String::from_utf8(listed.stdout)?;
        let names = listed.lines().filter_map(|line| line.trim_start().split_once("  "));
        Ok(names.map(|(_, name)| name.trim().to_owned()).collect())
    }

    /// Whether exactly one object ends so, with these bytes.
    pub(crate) fn holds(&self, end: &str, file: &Path) -> Result<Option<String>> {
        let Some(object) = self.objects()?.into_iter().find(|object| object.ends_with(end)) else { return Ok(None) };
        let mut cat = Command::new(binary("davit-localcloud"));
        let back = cat.arg("cat").arg("--data").arg(self.data()).arg(&object).output()?.stdout;
        anyhow::ensure!(back == std::fs::read(file)?, "{object} is not the file that was sent");
        Ok(Some(object))
    }
}

/// Starts a program and reads the one JSON line that it prints when it is ready.
fn first_line(what: &str, command: &Command) -> Result<(Kept, Value)> {
    let (running, out) = Kept::start_and_read(command).with_context(|| format!("{what} cannot be started"))?;
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    let said = serde_json::from_str(&line).with_context(|| format!("{what} did not start; see above"))?;
    Ok((running, said))
}

fn backend_config(region: &str, listen: &str) -> String {
    format!(
        r#"listen = "{listen}"
name = "Example Films"
person_salt = "demo"
verify = true

[auth]
kind = "none"

[sts]
kind = "assume-role"
role_arn = "arn:aws:iam::123456789012:role/davit-uploader"
seconds = 900

[[destinations]]
id = "rushes"
label = "Projects / Rushes"
bucket = "{BUCKET}"
region = "{region}"
prefix = "rushes/{{person}}/"
collision = "suffix"
link_template = "https://media.example.com/{{key}}"

[[destinations]]
id = "archive"
label = "Archive"
bucket = "{BUCKET}"
region = "{region}"
prefix = "archive/{{person}}/"
collision = "fail"
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_use_is_told_in_a_sentence_and_free_again_after() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Place::claim(folder.path().to_owned()).expect("free");
        let said = Place::claim(folder.path().to_owned()).err().expect("taken").to_string();
        assert!(said.contains("another cargo xtask uses"), "{said}");
        drop(first);
        Place::claim(folder.path().to_owned()).expect("free again");
    }
}
