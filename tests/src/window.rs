//! The real window, driven by WebDriver as a person would: it clicks what is seen and waits for what is told.
//!
//! The app is started by `WebKitWebDriver` itself; the same binary as a person starts, on the test's own screen.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::davit::{clean, program};
use crate::process;
use crate::screen::tool;

/// How long anything may take to be seen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
/// How often we look.
pub(crate) const LOOK: Duration = Duration::from_millis(40);

/// An open window.
pub struct Window {
    driver: Child,
    app: u32,
    http: reqwest::Client,
    session: String,
}

/// Files that hover over the window.
pub struct Hovering {
    drag: Child,
    says: BufReader<ChildStdout>,
}

impl Window {
    /// Opens the app with a home of its own, and further variables.
    pub async fn open(home: &Path, variables: &[(&str, String)]) -> Self {
        Self::open_as(&program("davit-app"), home, variables).await
    }

    /// The same of another build.
    pub async fn open_as(program: &Path, home: &Path, variables: &[(&str, String)]) -> Self {
        let mut driver = driver();
        lives(driver.env("TAURI_WEBVIEW_AUTOMATION", "true"), home);
        driver.envs(variables.iter().map(|(name, value)| (name, value)));
        let wanted = json!({ "webkitgtk:browserOptions": { "binary": program, "args": [] } });
        Self::driven(driver, wanted, "davit-app\n").await
    }

    /// A page with nothing in it, of the browser that comes with the web view: what any page costs.
    pub async fn empty() -> Self {
        Self::driven(driver(), json!({}), "MiniBrowser\n").await
    }

    /// What a driver starts, itself or by what unpacks it, by the name of its program.
    async fn driven(mut driver: Command, wanted: Value, name: &str) -> Self {
        assert!(std::env::var_os("DISPLAY").is_some(), "no screen; run: tests/tools/with-screen COMMAND");
        let _ = rustls::crypto::ring::default_provider().install_default();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
        driver.arg(format!("--port={port}"));
        let driver = driver.stdin(Stdio::null()).spawn().expect("WebKitWebDriver starts; run: cargo xtask setup");
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client");
        let mut window = Self { driver, app: 0, http, session: format!("http://127.0.0.1:{port}") };
        let wanted = json!({ "capabilities": { "alwaysMatch": wanted } });
        let begun = Instant::now();
        let session = loop {
            match window.ask("/session", wanted.clone()).await {
                Ok(answer) => break answer,
                Err(why) => assert!(begun.elapsed() < PATIENCE, "no window: {why}"),
            }
            tokio::time::sleep(LOOK).await;
        };
        let id = session["sessionId"].as_str().expect("a session").to_owned();
        window.session = format!("{}/session/{id}", window.session);
        window.app = child_called(name, window.driver.id()).expect("the app's process");
        window
    }

    async fn ask(&self, path: &str, body: Value) -> Result<Value, String> {
        let sent = self.http.post(format!("{}{path}", self.session)).json(&body).send().await;
        let answer = sent.map_err(|e| e.to_string())?;
        let good = answer.status().is_success();
        let mut answer: Value = answer.json().await.map_err(|e| e.to_string())?;
        let value = answer["value"].take();
        if good { Ok(value) } else { Err(value.to_string()) }
    }

    /// Runs a script in the page; `return` gives its value.
    pub async fn script(&self, script: &str) -> Value {
        let asked = self.ask("/execute/sync", json!({ "script": script, "args": [] })).await;
        asked.unwrap_or_else(|why| panic!("{script}: {why}"))
    }

    /// All text in the window, spaces made plain.
    pub async fn text(&self) -> String {
        let text = self.script("return document.body.innerText").await;
        text.as_str().unwrap_or_default().replace('\u{a0}', " ")
    }

    /// Waits until an expression of the page is true.
    pub async fn until(&self, expression: &str) {
        let begun = Instant::now();
        while self.script(&format!("return Boolean({expression})")).await != json!(true) {
            assert!(begun.elapsed() < PATIENCE, "never true: {expression}\n{}", self.text().await);
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until the window says this.
    pub async fn until_says(&self, words: &str) {
        let begun = Instant::now();
        loop {
            let text = self.text().await;
            if text.contains(words) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "it never said “{words}” but:\n{text}");
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn element(&self, xpath: &str) -> String {
        let begun = Instant::now();
        loop {
            match self.ask("/element", json!({ "using": "xpath", "value": xpath })).await {
                Ok(found) => {
                    let id = found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str);
                    return id.expect("an element").to_owned();
                }
                Err(why) => assert!(begun.elapsed() < PATIENCE, "no {xpath}: {why}\n{}", self.text().await),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Clicks the button that says this, or is called so.
    pub async fn click(&self, name: &str) {
        let xpath = format!(
            "//button[normalize-space(.)='{name}' or @aria-label='{name}'] | //*[@role='menuitem'][normalize-space(.)='{name}']"
        );
        let id = self.element(&xpath).await;
        let clicked = self.ask(&format!("/element/{id}/click"), json!({})).await;
        clicked.unwrap_or_else(|why| panic!("{name} cannot be clicked: {why}"));
    }

    /// Types into the field with this id.
    pub async fn fill(&self, field: &str, text: &str) {
        let id = self.element(&format!("//*[@id='{field}']")).await;
        let typed = self.ask(&format!("/element/{id}/value"), json!({ "text": text })).await;
        typed.unwrap_or_else(|why| panic!("{field} cannot be filled: {why}"));
    }

    /// Makes the window this large, outside.
    pub async fn resize(&self, width: u32, height: u32) {
        let resized = self.ask("/window/rect", json!({ "width": width, "height": height })).await;
        resized.unwrap_or_else(|why| panic!("it cannot be resized: {why}"));
    }

    /// Presses a key where the focus is.
    pub async fn press(&self, key: &str, ctrl: bool) {
        let event = json!({ "key": key, "ctrlKey": ctrl, "bubbles": true, "cancelable": true });
        self.script(&format!("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {event}))")).await;
    }

    /// Keeps a picture among the artefacts.
    pub async fn picture(&self, name: &str) {
        // As it looks when bars and panels have come to rest.
        let rest = "document.getAnimations().forEach(one => { try { one.finish() } catch {} })";
        self.script(rest).await;
        // What was drawn last is on the screen two frames later.
        let drawn =
            "window.drawn = false; requestAnimationFrame(() => requestAnimationFrame(() => window.drawn = true))";
        self.script(drawn).await;
        self.until("window.drawn").await;
        let answer = self.http.get(format!("{}/screenshot", self.session)).send().await.expect("asked");
        let answer: Value = answer.json().await.expect("JSON");
        let bytes = base64::engine::general_purpose::STANDARD.decode(answer["value"].as_str().expect("a picture"));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../artefacts/window");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(format!("{name}.png")), bytes.expect("base64")).expect("written");
    }

    /// Holds files over the window, as a file manager does.
    pub fn hover(&self, at: (u32, u32), files: &[&Path]) -> Hovering {
        let mut drag = Command::new("/usr/bin/python3");
        drag.arg(tool("xdnd.py")).arg("Davit").args([at.0.to_string(), at.1.to_string()]).args(files);
        let mut drag = drag.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3 starts");
        let says = BufReader::new(drag.stdout.take().expect("its output"));
        let mut hovering = Hovering { drag, says };
        hovering.is_over();
        hovering
    }

    /// kill -9, as a power cut would; the driver goes with it.
    pub fn kill(self) {
        self.ended_by("KILL");
    }

    /// Ends it as a system that shuts down does; the driver goes with it.
    pub fn end(self) {
        self.ended_by("TERM");
    }

    fn ended_by(self, signal: &str) {
        let asked = Command::new("kill").args(["-s", signal, &self.app.to_string()]).status().expect("kill");
        assert!(asked.success(), "the app was still there");
        self.ended();
    }

    /// Waits until it ended; the driver goes with it.
    pub fn ended(mut self) {
        let begun = Instant::now();
        while !is_gone(self.app) {
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            std::thread::yield_now();
        }
        self.app = 0;
    }

    /// The app's process.
    pub fn id(&self) -> u32 {
        self.app
    }

    /// The process that draws its page.
    pub fn page(&self) -> u32 {
        page_of(self.app).expect("its page")
    }

    /// Nothing of it runs, as in a computer that sleeps.
    pub fn sleeps(&self) {
        self.signals_all("STOP");
    }

    /// It runs on.
    pub fn wakes(&self) {
        self.signals_all("CONT");
    }

    fn signals_all(&self, signal: &str) {
        let all = process::tree(self.app).into_iter().map(|id| id.to_string());
        let asked = Command::new("kill").args(["-s", signal]).args(all).status().expect("kill");
        assert!(asked.success(), "the app was still there");
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if self.app != 0 {
            let _ = Command::new("kill").args(["-9", &self.app.to_string()]).status();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Hovering {
    fn is_over(&mut self) {
        let mut line = String::new();
        self.says.read_line(&mut line).expect("read");
        assert_eq!(line.trim(), "over");
    }

    /// Holds them elsewhere.
    pub fn moves_to(&mut self, at: (u32, u32)) {
        let told = format!("{} {}\n", at.0, at.1);
        self.drag.stdin.as_mut().expect("its input").write_all(told.as_bytes()).expect("told");
        self.is_over();
    }

    /// Lets go.
    pub fn drop(mut self) {
        self.drag.stdin.take().expect("its input").write_all(b"\n").expect("told");
        assert!(self.drag.wait().expect("ends").success(), "the window did not take the files");
    }
}

/// The app as a person or the system starts it, without a driver.
pub fn app(home: &Path) -> Command {
    app_of(&program("davit-app"), home)
}

/// The same of another build.
pub fn app_of(program: &Path, home: &Path) -> Command {
    let mut app = Command::new(program);
    clean(&mut app);
    lives(&mut app, home);
    app
}

/// With a home goes what its page remembers: how large it is drawn, what was used last.
fn lives(app: &mut Command, home: &Path) {
    app.env("DAVIT_HOME", home).env("XDG_DATA_HOME", home.with_extension("page"));
}

/// Whether nothing of a process is left, or nothing but that nobody asked for its end yet: its locks are free then.
fn is_gone(process: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{process}/task")) else { return true };
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    threads.count() <= 1 && status.contains("State:\tZ")
}

/// Processes that were started with a home, however they came to be.
pub fn started_with(home: &Path) -> Vec<u32> {
    let wanted = format!("DAVIT_HOME={}", home.display()).into_bytes();
    let with = |id: &u32| {
        let variables = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        variables.split(|byte| *byte == 0).any(|variable| variable == wanted)
    };
    let ids = std::fs::read_dir("/proc").expect("/proc");
    ids.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).filter(with).collect()
}

/// A driver about to be started.
fn driver() -> Command {
    let mut driver = Command::new("WebKitWebDriver");
    clean(&mut driver);
    driver
}

/// Whether an app has a page, shown or not.
pub fn has_page(app: u32) -> bool {
    page_of(app).is_some()
}

fn page_of(app: u32) -> Option<u32> {
    child_called("WebKitWebProces", app)
}

fn child_called(name: &str, parent: u32) -> Option<u32> {
    let name = format!("Name:\t{name}");
    let status = |id: u32| std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let parent_of = |id: &u32| {
        let status = status(*id);
        status.lines().find_map(|line| line.strip_prefix("PPid:\t")?.parse::<u32>().ok())
    };
    let ours = |id: &u32| {
        status(*id).starts_with(&name)
            && std::iter::successors(Some(*id), parent_of).skip(1).take(3).any(|id| id == parent)
    };
    let ids = std::fs::read_dir("/proc").ok()?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    ids.into_iter().find(ours)
}
