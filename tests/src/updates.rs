//! Updates as somebody publishes them: signed archives and their manifest, by https on loopback. What is tampered with, too.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minisign::{KeyPair, PublicKey, SecretKey, SecretKeyBox};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::authority::Authority;

/// Where the manifest is.
pub const MANIFEST: &str = "/davit.json";
const ARCHIVE: &str = "/davit";
/// How this kind of computer is called.
const OURS: &str = std::env::consts::ARCH;
/// Another one, and how the head of its programs calls it. Source: ELF-64 object file format, `e_machine`.
const OTHERS: (&str, u8) = if cfg!(target_arch = "aarch64") { ("x86_64", 62) } else { ("aarch64", 183) };

/// Whoever may sign updates.
pub struct Publisher {
    public: PublicKey,
    secret: SecretKey,
}

impl Publisher {
    /// With the key in a file.
    pub fn with_key(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).expect("a key");
        let key = SecretKeyBox::from_string(&text).and_then(SecretKeyBox::into_unencrypted_secret_key);
        let secret = key.expect("a key without a password");
        Self { public: PublicKey::from_secret_key(&secret).expect("its other half"), secret }
    }

    /// With a key that nobody trusts.
    fn other() -> Self {
        let KeyPair { pk, sk } = KeyPair::generate_unencrypted_keypair().expect("a key");
        Self { public: pk, secret: sk }
    }

    fn signs(&self, archive: &[u8], comment: &str) -> String {
        let signed = minisign::sign(Some(&self.public), &self.secret, archive, Some(comment), None).expect("signed");
        STANDARD.encode(signed.to_string())
    }
}

/// What is published.
#[derive(Clone)]
pub struct Release {
    version: String,
    signature: String,
    archive: Arc<Vec<u8>>,
    /// By which scheme each of both is fetched in the end.
    schemes: [&'static str; 2],
}

impl Release {
    /// All of it in order.
    pub fn genuine(by: &Publisher, version: &str, archive: &Arc<Vec<u8>>) -> Self {
        let signature = by.signs(archive, &comment(OURS, version));
        Self { version: version.to_owned(), signature, archive: Arc::clone(archive), schemes: ["https"; 2] }
    }

    fn holds(self, archive: Vec<u8>) -> Self {
        Self { archive: Arc::new(archive), ..self }
    }
}

fn comment(machine: &str, version: &str) -> String {
    format!("timestamp:1800000000\tfile:Davit_{version}_{machine}.AppImage\tversion:{version}")
}

/// Fifteen that must not be taken, by what is wrong with each. `old` runs, and `new` is the genuine one.
pub fn tampered(
    by: &Publisher,
    old: (&str, &Arc<Vec<u8>>),
    new: (&str, &Arc<Vec<u8>>),
) -> Vec<(&'static str, Release)> {
    let good = Release::genuine(by, new.0, new.1);
    let before = Release::genuine(by, old.0, old.1);
    let signed = |by: &Publisher, archive: &[u8], comment: &str| Release {
        signature: by.signs(archive, comment),
        archive: Arc::new(archive.to_vec()),
        ..good.clone()
    };
    let changed = |change: fn(&mut Vec<u8>)| {
        let mut archive = new.1.to_vec();
        change(&mut archive);
        good.clone().holds(archive)
    };
    // The head of a program for another machine.
    let mut elsewhere = new.1.to_vec();
    elsewhere[18] = OTHERS.1;
    let written_into = STANDARD.decode(&before.signature).expect("base64");
    let written_into = String::from_utf8(written_into).expect("text").replace(old.0, new.0);
    let higher = "99.0.0";
    let without_version = format!("timestamp:1800000000\tfile:Davit_{OURS}.AppImage");
    vec![
        ("signed by another key", signed(&Publisher::other(), new.1, &comment(OURS, new.0))),
        ("the signature of another archive", Release { signature: before.signature.clone(), ..good.clone() }),
        ("the signature is none", Release { signature: STANDARD.encode("nonsense"), ..good.clone() }),
        ("one bit is another", changed(|archive| archive[70_000] ^= 1)),
        ("cut short", changed(|archive| archive.truncate(archive.len() / 2))),
        ("something behind it", changed(|archive| archive.push(0))),
        ("nothing at all", changed(Vec::clear)),
        (
            "an old archive under a version that was written into its comment",
            Release { version: new.0.to_owned(), signature: STANDARD.encode(written_into), ..before.clone() },
        ),
        ("an old archive told as new", Release { version: new.0.to_owned(), ..before.clone() }),
        ("the same version again", before),
        ("a newer one under another version", Release { version: higher.to_owned(), ..good.clone() }),
        ("signed without its version", signed(by, new.1, &without_version)),
        ("for another machine", signed(by, &elsewhere, &comment(OTHERS.0, new.0))),
        ("the archive by http", Release { schemes: ["https", "http"], ..good.clone() }),
        ("the manifest by http", Release { schemes: ["http", "https"], ..good }),
    ]
}

/// What answers.
#[derive(Clone)]
enum Answer {
    Body(Arc<Vec<u8>>),
    /// It is elsewhere.
    At(String),
}

type Answers = Arc<Mutex<BTreeMap<&'static str, Answer>>>;

/// A server that updates are fetched from, by https and by http.
pub struct Shelf {
    https: SocketAddr,
    http: SocketAddr,
    /// The certificate that vouches for it, in PEM.
    pub ca: PathBuf,
    /// By https, and by http.
    answers: [Answers; 2],
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl Shelf {
    /// An empty one.
    pub async fn open(folder: &Path) -> Self {
        let authority = Authority::new(folder);
        let tls = authority.vouches_for("localhost");
        let (secure, plain) = (listener().await, listener().await);
        let (https, http) = (secure.local_addr().expect("its address"), plain.local_addr().expect("its address"));
        let (answers, asked) = ([Answers::default(), Answers::default()], Arc::default());
        let [by_https, by_http] = answers.clone();
        let (seen, also) = (Arc::clone(&asked), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = secure.accept().await {
                let (tls, answers, seen) = (tls.clone(), Arc::clone(&by_https), Arc::clone(&seen));
                tokio::spawn(async move {
                    if let Ok(stream) = tls.accept(stream).await {
                        let _ = serve(stream, &answers, &seen).await;
                    }
                });
            }
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = plain.accept().await {
                let (answers, seen) = (Arc::clone(&by_http), Arc::clone(&also));
                tokio::spawn(async move {
                    let _ = serve(stream, &answers, &seen).await;
                });
            }
        });
        Self { https, http, ca: authority.ca, answers, asked }
    }

    /// Where the manifest is.
    pub fn endpoint(&self) -> String {
        format!("https://localhost:{}{MANIFEST}", self.https.port())
    }

    /// Only this is there from now on. What ends by http is sent on to that; the manifest itself names https alone.
    pub fn offers(&self, release: &Release) {
        let manifest = Arc::new(self.manifest(release).to_string().into_bytes());
        let [mut by_https, mut by_http] = [&self.answers[0], &self.answers[1]].map(|all| all.lock().expect("answers"));
        for (at, body, scheme) in
            [(MANIFEST, manifest, release.schemes[0]), (ARCHIVE, Arc::clone(&release.archive), release.schemes[1])]
        {
            by_http.insert(at, Answer::Body(Arc::clone(&body)));
            let elsewhere = Answer::At(format!("http://localhost:{}{at}", self.http.port()));
            by_https.insert(at, if scheme == "https" { Answer::Body(body) } else { elsewhere });
        }
    }

    fn manifest(&self, release: &Release) -> Value {
        let url = format!("https://localhost:{}{ARCHIVE}", self.https.port());
        let archive = json!({ "url": url, "signature": release.signature });
        let target = format!("linux-{OURS}-appimage");
        json!({ "version": release.version, "platforms": { target: archive } })
    }

    /// How often it was asked for the manifest, by whoever is called so.
    pub fn asked_by(&self, name: &str) -> usize {
        let asked = self.asked.lock().expect("asked");
        asked.iter().filter(|(path, agent)| path == MANIFEST && agent.starts_with(name)).count()
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a port")
}

/// One request a connection.
async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answers: &Answers,
    asked: &Mutex<Vec<(String, String)>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let agent = head.lines().find_map(|line| line.to_lowercase().starts_with("user-agent:").then(|| line[11..].trim()));
    let answer = answers.lock().expect("answers").get(path.as_str()).cloned();
    asked.lock().expect("asked").push((path, agent.unwrap_or_default().to_owned()));
    let (status, body) = match answer {
        Some(Answer::Body(body)) => ("200 OK".to_owned(), body),
        Some(Answer::At(elsewhere)) => (format!("302 Found\r\nlocation: {elsewhere}"), Arc::default()),
        None => ("404 Not Found".to_owned(), Arc::default()),
    };
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await?;
    stream.shutdown().await
}
