//! One world a test: a cloud, a backend, a home, a folder for sources.

use std::path::{Path, PathBuf};

use davit_backend::config::Config as BackendConfig;
use davit_backend::{AwsAccess, Backend};
use davit_core::journal::Reader;
use davit_core::net::Net;
use davit_core::policy::Policy;
use davit_core::uploader::{Direct, Options, SessionStatus, Uploader};
use davit_localcloud::{Config, LocalCloud, ObjectView};
use sha2::{Digest as _, Sha256};
use walkdir::WalkDir;

use crate::davit::Run;

/// The bucket of every world.
pub const BUCKET: &str = "media";

/// A world. Everything in it ends when it is dropped.
pub struct World {
    /// The cloud.
    pub cloud: LocalCloud,
    /// The backend, where one was asked for.
    pub backend: Option<Backend>,
    folder: tempfile::TempDir,
}

impl World {
    /// A cloud alone.
    pub async fn new() -> Self {
        Self::with_parts_of(Config::new("").min_part).await
    }

    /// A cloud that takes parts of any size; `DAVIT_TEST_PART_SIZE` says which.
    pub async fn of_small_parts() -> Self {
        Self::with_parts_of(1).await
    }

    /// A cloud that takes parts this small, in bytes. `DAVIT_TEST_PART_SIZE` makes the program send such.
    pub async fn with_parts_of(least: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = Config::new(folder.path().join("cloud"));
        config.buckets = vec![BUCKET.to_owned()];
        config.min_part = least;
        config.min_session_seconds = 1;
        let cloud = LocalCloud::start(config).await.expect("the cloud starts");
        std::fs::create_dir_all(folder.path().join("sources")).expect("a folder");
        Self { cloud, backend: None, folder }
    }

    /// A cloud and a backend that asks it for leases of `seconds`, by role or by federation token.
    pub async fn with_backend(seconds: u32, sts: &str) -> Self {
        let mut world = Self::new().await;
        world.start_backend(&Self::backend_config(seconds, sts)).await;
        world
    }

    /// The same with a backend that does not look for its clients: write-only rights, and nothing else.
    pub async fn with_blind_backend(seconds: u32, sts: &str) -> Self {
        let mut world = Self::new().await;
        world.start_backend(&Self::backend_config(seconds, sts).replace("verify = true", "verify = false")).await;
        world
    }

    /// The file of a backend that looks for its clients.
    pub fn backend_config(seconds: u32, sts: &str) -> String {
        let sts = match sts {
            "role" => {
                format!(
                    r#"{{ kind = "assume-role", role_arn = "arn:aws:iam::123456789012:role/davit-uploader", seconds = {seconds} }}"#
                )
            }
            _ => format!(r#"{{ kind = "federation-token", seconds = {seconds} }}"#),
        };
        format!(
            r#"
            listen = "127.0.0.1:0"
            name = "Example Films"
            person_salt = "salt"
            verify = true
            looks_a_minute = 100000
            auth = {{ kind = "none" }}
            sts = {sts}
            allow_short_leases = true
            requests_a_minute = 10000
            [[destinations]]
            id = "rushes"
            label = "Projects / Rushes"
            bucket = "{BUCKET}"
            region = "eu-central-1"
            prefix = "rushes/{{person}}/"
            "#
        )
    }

    /// The file of a backend that wants this token.
    pub fn backend_config_by_token(token: &str) -> String {
        let hash = davit_backend::hash_token(token);
        let people = format!("kind = \"token\", people = [{{ id = \"ada@example.com\", token_sha256 = \"{hash}\" }}]");
        let config = Self::backend_config(900, "role").replace("kind = \"none\"", &people);
        assert!(config.contains(&hash), "the backend wants the token: {config}");
        config
    }

    /// The file of a backend whose people sign in at this issuer.
    pub fn backend_config_by_issuer(issuer: &str) -> String {
        let auth = format!("kind = \"oidc\", issuer = \"{issuer}\", client_id = \"davit\"");
        Self::backend_config(900, "role").replace("kind = \"none\"", &auth)
    }

    /// Starts a backend with this file; one after another stands at the same address.
    pub async fn start_backend(&mut self, config: &str) {
        let endpoint = self.cloud.endpoint();
        self.start_backend_by(config, endpoint).await;
    }

    /// The same with another way to the cloud than the straight one.
    pub async fn start_backend_by(&mut self, config: &str, endpoint: String) {
        let mut config = BackendConfig::parse(config).expect("a backend's file");
        if let Some(before) = self.backend.take() {
            config.listen = before.address();
            drop(before);
            while std::net::TcpListener::bind(config.listen).is_err() {
                tokio::task::yield_now().await;
            }
        }
        let keys = self.cloud.keys();
        let access = AwsAccess {
            endpoint,
            access_key_id: keys.access_key_id.clone(),
            secret_access_key: keys.secret_access_key.clone(),
        };
        self.backend = Some(Backend::start_with(config, Some(access)).await.expect("the backend starts"));
    }

    /// Where sources lie.
    pub fn sources(&self) -> PathBuf {
        self.folder.path().join("sources")
    }

    /// A path in the world.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The engine's home.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// All that lies in the home, for whoever looks for what may not. A file that comes and goes, or is held, is passed over.
    pub fn left(&self) -> String {
        let files = WalkDir::new(self.home()).into_iter().filter_map(Result::ok);
        let read = files.filter_map(|file| std::fs::read(file.path()).ok());
        let left: String = read.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
        assert!(!left.is_empty(), "a home with nothing in it");
        left
    }

    /// `davit upload … --s3` to the cloud, with the root's keys.
    pub fn upload(&self, paths: &[&Path]) -> Run {
        self.upload_by(&self.cloud.endpoint(), paths)
    }

    /// The same by way of a proxy.
    pub fn upload_by(&self, endpoint: &str, paths: &[&Path]) -> Run {
        let mut run = self.davit("upload");
        run.args(paths.iter().map(|path| path.as_os_str())).arg("--json");
        self.by_keys_and(endpoint, &mut run);
        run
    }

    /// To the bucket itself, with the root's keys.
    pub fn by_keys<'a>(&self, run: &'a mut Run) -> &'a mut Run {
        self.by_keys_and(&self.cloud.endpoint(), run)
    }

    fn by_keys_and<'a>(&self, endpoint: &str, run: &'a mut Run) -> &'a mut Run {
        run.args(["--s3", &format!("s3://{BUCKET}/in/"), "--endpoint-url", endpoint, "--path-style"]);
        run.args(["--region", self.cloud.region()]);
        run.env("AWS_ACCESS_KEY_ID", &self.cloud.keys().access_key_id);
        run.env("AWS_SECRET_ACCESS_KEY", &self.cloud.keys().secret_access_key)
    }

    /// `davit upload … --server`, by way of the backend.
    pub fn upload_by_backend(&self, paths: &[&Path]) -> Run {
        self.upload_by_backend_and(&self.cloud.endpoint(), paths)
    }

    /// The same by way of a proxy before the store.
    pub fn upload_by_backend_and(&self, endpoint: &str, paths: &[&Path]) -> Run {
        let mut run = self.davit("upload");
        run.args(paths.iter().map(|path| path.as_os_str()));
        run.arg("--json");
        run.env("DAVIT_SERVER", self.backend.as_ref().expect("a backend").url());
        run.env("DAVIT_DEV_S3_ENDPOINT", endpoint);
        run
    }

    /// Starts an upload of one large file and kills it (`kill -9`) once 16 MiB of it are sent, well before its end.
    pub fn kill_midway(&self, upload: &mut Run) {
        self.cloud.takes(30 << 20);
        let mut running = upload.args(["--concurrency", "1"]).start();
        running.until_sent(16 << 20);
        running.kill();
        self.cloud.takes(0);
    }

    /// `davit WORD` in this world's home, without anything of the surrounding environment that matters to it.
    pub fn davit(&self, word: &str) -> Run {
        Run::new(word, &self.home())
    }

    /// An object, which must be there.
    pub fn object(&self, key: &str) -> ObjectView {
        self.cloud.object(BUCKET, key).unwrap_or_else(|| panic!("{key} is not in the store"))
    }

    /// For an uploader in the test's own process: at the bucket itself, held, so that nothing runs away while it is looked
    /// at.
    pub fn options(&self) -> Options {
        let place = Direct {
            bucket: BUCKET.to_owned(),
            prefix: String::new(),
            region: None,
            endpoint: None,
            path_style: true,
            accelerate: false,
        };
        Options {
            home: self.home(),
            server: None,
            token: None,
            net: Net::default(),
            policy: Policy::default(),
            dev_store: None,
            dev_accelerated: None,
            direct: Some(place),
            concurrency: None,
            limit: None,
            hold: true,
            watch: false,
        }
    }

    /// The same for who signs in with the company, whose store is at this address.
    pub fn options_by_backend(&self, store: &str) -> Options {
        Options {
            server: Some(self.backend.as_ref().expect("a backend").url().clone()),
            dev_store: Some(store.parse().expect("an address")),
            direct: None,
            ..self.options()
        }
    }

    /// Keys in the store.
    pub fn keys(&self) -> Vec<String> {
        self.cloud.objects(BUCKET).into_iter().map(|object| object.key).collect()
    }

    /// SHA-256 of an object's bytes.
    pub fn sha256(&self, key: &str) -> String {
        let mut hash = Sha256::new();
        for part in self.object(key).parts {
            std::io::copy(&mut std::fs::File::open(part).expect("a part file"), &mut hash).expect("read");
        }
        format!("{:x}", hash.finalize())
    }

    /// No part that the store acknowledged was ever acknowledged again.
    #[track_caller]
    pub fn nothing_was_sent_twice(&self) {
        assert_eq!(self.cloud.observer().acknowledged_twice(), []);
    }

    /// Neither in another upload: for where none may begin anew.
    #[track_caller]
    pub fn no_byte_was_sent_twice(&self) {
        self.nothing_was_sent_twice();
        assert_eq!(self.cloud.observer().bytes_acknowledged_twice(), []);
    }

    /// None of these parts of an object, which were on record, was acknowledged again in whatever upload. What was under way
    /// when a run ended may be.
    #[track_caller]
    pub fn nothing_on_record_was_sent_twice(&self, key: &str, recorded: &[u16]) {
        let again = self.cloud.observer().bytes_acknowledged_twice();
        let again: Vec<_> = again.iter().filter(|(_, of, number, _)| of == key && recorded.contains(number)).collect();
        assert!(again.is_empty(), "on record and sent again: {again:?}");
    }
}

/// The parts on record in a home.
pub fn on_record(home: &Path) -> Vec<u16> {
    let journal = Reader::open(home).expect("records");
    let rows = journal.status().expect("rows");
    let parts = rows.iter().flat_map(|row| journal.parts(row.id).expect("parts"));
    parts.map(|part| part.number.get()).collect()
}

/// An uploader in this process, once it is connected.
pub async fn connected(options: Options) -> Uploader {
    let uploader = Uploader::open(options).await.expect("opens");
    let mut changes = uploader.session_changes();
    changes.wait_for(|now| matches!(now, SessionStatus::Connected { .. })).await.expect("connected");
    uploader
}
