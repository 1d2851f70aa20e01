//! The demo: a cloud and a backend on loopback, and Davit connected to them. Everything stops together.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::packages::Purpose;
use crate::run::{binary, build, must, npm, root, took};
use crate::setup;

/// The only bucket.
const BUCKET: &str = "demo-media";

pub(crate) fn run(headless: bool) -> Result<()> {
    let begun = Instant::now();
    let screen = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    if !headless && cfg!(target_os = "linux") && !screen {
        bail!("there is no screen here for the window; run: cargo xtask demo --headless");
    }
    setup::run(Purpose::Build)?;
    if root().join("ui/package.json").exists() {
        must("ui: build", &mut npm(&["run", "build"]))?;
    }
    build()?;
    let demo = Demo::start()?;
    if headless {
        demo.sample()?;
        println!("== demo without a window: {}", took(begun));
        return Ok(());
    }
    println!("== window after {}", took(begun));
    demo.window()
}

struct Demo {
    folder: PathBuf,
    store: String,
    server: String,
    _cloud: Running,
    _backend: Running,
}

/// A program that ends with us.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Demo {
    fn start() -> Result<Self> {
        let folder = root().join("target/demo");
        std::fs::create_dir_all(&folder)?;
        let data = folder.join("cloud");
        let mut cloud = Command::new(binary("davit-localcloud"));
        cloud.arg("--data").arg(&data).args(["--bucket", BUCKET, "--listen", "127.0.0.1:0"]);
        let (cloud, said) = first_line("the local cloud", cloud)?;
        let text =
            |name: &str| said[name].as_str().map(str::to_owned).with_context(|| format!("no {name} from the cloud"));
        let (store, region) = (text("s3_endpoint")?, text("region")?);

        let config = folder.join("backend.toml");
        std::fs::write(&config, backend_config(&region))?;
        let mut backend = Command::new(binary("davit-backend"));
        backend
            .arg("--config")
            .arg(&config)
            .env("AWS_ENDPOINT_URL_STS", text("sts_endpoint")?)
            .env("AWS_ACCESS_KEY_ID", text("access_key_id")?)
            .env("AWS_SECRET_ACCESS_KEY", text("secret_access_key")?)
            .env("AWS_REGION", region);
        let (backend, said) = first_line("the backend", backend)?;
        let server = said["url"].as_str().context("no url from the backend")?.to_owned();
        println!("store    {store}");
        println!("backend  {server}");
        Ok(Self { folder, store, server, _cloud: cloud, _backend: backend })
    }

    fn davit(&self, program: &str, home: &str) -> Command {
        let mut command = Command::new(binary(program));
        command
            .env("DAVIT_HOME", self.folder.join(home))
            .env("DAVIT_SERVER", &self.server)
            .env("DAVIT_DEV_S3_ENDPOINT", &self.store);
        command
    }

    /// Uploads a sample as `davit` does it, and reads every byte back.
    fn sample(&self) -> Result<()> {
        let sample = self.folder.join("sample");
        let folder = sample.join("Rushes");
        std::fs::create_dir_all(folder.join("Day 1"))?;
        write_noise(&folder.join("Day 1/A001.mov"), 48 << 20)?;
        for clip in 1..=5u64 {
            write_noise(&folder.join(format!("Day 1/B00{clip}.wav")), clip * 70_000)?;
        }
        let mut upload = self.davit("davit", "home-headless");
        upload.arg("upload").arg(&folder).args(["--to", "rushes", "--collision", "overwrite"]);
        must("davit upload Rushes", &mut upload)?;
        let data = self.folder.join("cloud");
        let listed = Command::new(binary("davit-localcloud")).arg("ls").arg("--data").arg(&data).output()?;
        let listed = String::from_utf8(listed.stdout)?;
        for name in ["A001.mov", "B001.wav", "B002.wav", "B003.wav", "B004.wav", "B005.wav"] {
            let object = listed.lines().filter_map(|line| line.trim_start().split_once("  ")).map(|(_, object)| object);
            let object = object.map(str::trim).find(|object| object.ends_with(&format!("Rushes/Day 1/{name}")));
            let object = object.with_context(|| format!("{name} did not arrive"))?;
            let mut cat = Command::new(binary("davit-localcloud"));
            let back = cat.arg("cat").arg("--data").arg(&data).arg(object).output()?.stdout;
            if back != std::fs::read(folder.join("Day 1").join(name))? {
                bail!("{object} is not the file that was sent");
            }
            println!("same bytes  {object}");
        }
        Ok(())
    }

    fn window(&self) -> Result<()> {
        println!(
            "Drop files on the window. What has arrived: {} ls --data {}",
            binary("davit-localcloud").display(),
            self.folder.join("cloud").display()
        );
        println!("Read one back with: … cat --data {} {BUCKET}/KEY", self.folder.join("cloud").display());
        let status: ExitStatus = self.davit("davit-app", "home").status().context("the window cannot be started")?;
        if status.success() { Ok(()) } else { bail!("the window ended with {status}") }
    }
}

/// Starts a program and reads the one JSON line that it prints when it is ready.
fn first_line(what: &str, mut command: Command) -> Result<(Running, Value)> {
    let child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("{what} cannot be started"))?;
    let mut running = Running(child);
    let out = running.0.stdout.take().with_context(|| format!("{what} has no output"))?;
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    let said = serde_json::from_str(&line).with_context(|| format!("{what} did not start; see above"))?;
    Ok((running, said))
}

fn backend_config(region: &str) -> String {
    format!(
        r#"listen = "127.0.0.1:0"
name = "Example Films"
person_salt = "demo"

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

/// Bytes that no two files share and no store can guess.
fn write_noise(path: &Path, len: u64) -> Result<()> {
    if std::fs::metadata(path).is_ok_and(|meta| meta.len() == len) {
        return Ok(());
    }
    let mut state = len ^ 0x9e37_79b9_7f4a_7c15;
    let mut bytes = Vec::with_capacity(usize::try_from(len)?);
    while (bytes.len() as u64) < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(usize::try_from(len)?);
    Ok(std::fs::write(path, bytes)?)
}
