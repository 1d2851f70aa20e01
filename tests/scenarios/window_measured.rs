//! What the real window costs: how soon it stands and is painted, what it uses while nothing happens, and a hundred thousand rows of
//! which two thousand change in a second. `cargo xtask bench --case window` measures it, and its tables stand in docs/performance.md.
//! Among the tests all of it is small, and what is asserted is what there is, in which order, and how often the list changes, not how
//! long it takes. Measured, what is beyond its bound fails.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use davit_tests::frames::{CHANGES, FRAMES, Frames, LONGEST, rest, scroll};
use davit_tests::process::{Used, began, memory, tree};
use davit_tests::screen::Looking;
use davit_tests::soak::size;
use davit_tests::window::{Window, app};

use crate::window::{Office, connect};
use crate::window_watched::go;

/// Longer than anything takes after which nothing has changed.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often we look: whoever looks takes time from the window.
const LOOK: Duration = Duration::from_millis(250);
/// Bytes of a file, and of all that come to the store in a second: two thousand files.
const LEN: usize = 1_000;
const FLOWS: u64 = 2_000_000;
/// No page has more rows than these, however many there are.
const DRAWN: usize = 60;
const MIB: f64 = 1_048_576.0;
/// Digits of what a part of the page says, however the system's language groups them.
const DIGITS: &str = "?.innerText.replace(/\\D/g, '')";

/// What any search of history may take, in milliseconds. The first looks through every entry, since the index is made after it; one of
/// the others may come as the window draws something else.
const SEARCH: f64 = 500.0;

/// What a figure has to be.
#[derive(Clone, Copy)]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
    None,
}

impl Goal {
    fn is_reached(self, figure: f64) -> bool {
        match self {
            Self::AtMost(most) => figure <= most,
            Self::AtLeast(least) => figure >= least,
            Self::None => true,
        }
    }
}

/// A table of docs/performance.md.
struct Table {
    told: String,
    /// What is beyond its bound.
    missed: Vec<String>,
}

impl Table {
    fn of(title: &str) -> Self {
        let day = time::OffsetDateTime::now_utc().date();
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let commit = std::env::var("DAVIT_BENCH_COMMIT").unwrap_or_default();
        let told =
            format!("### {title}\n\n{day}, {processors} processors. {commit}\n\n| | | goal |\n| --- | --- | --- |\n");
        Self { told, missed: Vec::new() }
    }

    /// A figure whose goal is its bound.
    fn holds(&mut self, what: &str, figure: f64, unit: &str, goal: Goal) {
        self.is_within(what, figure, unit, goal, goal);
    }

    /// A figure with a goal, and a bound that is wider.
    fn is_within(&mut self, what: &str, figure: f64, unit: &str, goal: Goal, bound: Goal) {
        self.has(what, figure, unit, goal);
        if !bound.is_reached(figure) {
            self.missed.push(format!("{what}: {figure:.2} {unit}"));
        }
    }

    fn has(&mut self, what: &str, figure: f64, unit: &str, goal: Goal) {
        let figure_told = if figure < 10.0 { format!("{figure:.2}") } else { format!("{figure:.0}") };
        let told = [figure_told.as_str(), unit].join(" ");
        let missed = if goal.is_reached(figure) { "" } else { ", **not reached**" };
        let goal = match goal {
            Goal::AtMost(most) => format!("{most} at most"),
            Goal::AtLeast(least) => format!("{least} at least"),
            Goal::None => String::new(),
        };
        let told = told.trim_end();
        println!("window: {what}: {told}");
        writeln!(self.told, "| {what} | {told} | {goal}{missed} |").expect("written");
    }

    /// Written where `cargo xtask bench` takes it from, and held to its bounds there: among the tests figures are of a machine with much
    /// else to do.
    fn keep(self, name: &str) {
        if let Some(folder) = std::env::var_os("DAVIT_BENCH_TABLES") {
            std::fs::write(Path::new(&folder).join(format!("{name}.md")), self.told).expect("written");
            assert!(self.missed.is_empty(), "beyond their bounds:\n{}", self.missed.join("\n"));
        }
    }
}

/// The one in the middle, and the largest.
fn middle_and_most(figures: &[f64]) -> (f64, f64) {
    let mut all = figures.to_vec();
    all.sort_by(f64::total_cmp);
    (all[all.len() / 2], all[all.len() - 1])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_stands_is_painted_and_then_does_nothing_while_nothing_happens() {
    let painted = "performance.getEntriesByName('first-contentful-paint')";
    let office = Office::open().await;
    let first = office.window().await;
    connect(&first, &office).await;
    first.end();
    let starts = size(1, 9);
    let (mut stood, mut drawn, mut shown) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = None;
    for _ in 0..starts {
        if let Some(before) = last.take() {
            Window::end(before);
        }
        let looking = Looking::for_window("Davit");
        let window = office.window().await;
        window.until_says("Drop files or folders here").await;
        window.until(&format!("{painted}.length === 1")).await;
        let begun = began(window.id());
        let page = window.script("return performance.timeOrigin").await.as_f64().expect("a time");
        let paint = window.script(&format!("return {painted}[0].startTime")).await.as_f64().expect("a time");
        stood.push(looking.stands() - begun);
        drawn.push(paint);
        shown.push(page + paint - begun);
        assert!(page > begun && paint > 0.0, "the program began at {begun}, its page at {page}, painted after {paint}");
        last = Some(window);
    }
    let window = last.expect("a window");
    assert!(stood.iter().all(|stood| *stood > 0.0), "{stood:?}");
    let mut table = Table::of(&format!("Starts of the window, {starts} of them, and rest"));
    for (what, figures, goal) in [
        ("until the window stands, from the program's start", &stood, Goal::AtMost(1_000.0)),
        ("until the page is painted with what it has to say, from the page's beginning", &drawn, Goal::AtMost(300.0)),
        ("the same from the program's start", &shown, Goal::None),
    ] {
        let (middle, most) = middle_and_most(figures);
        table.holds(what, middle, "ms", goal);
        table.has(&format!("{what}, at most"), most, "ms", Goal::None);
    }

    // What is left to do after a start is done by then.
    tokio::time::sleep(size(Duration::from_secs(1), Duration::from_secs(30))).await;
    let all = tree(window.id());
    let deadline = Instant::now() + size(PATIENCE, Duration::from_secs(600));
    let (took, used) = loop {
        Frames::begin(&window, "body").await;
        Frames::changes_alone(&window).await;
        let (begun, before) = (Instant::now(), Used::by_all(&all));
        tokio::time::sleep(size(Duration::from_secs(3), Duration::from_secs(120))).await;
        let measured = (begun.elapsed().as_secs_f64(), Used::by_all(&all).since(before));
        let changes = Frames::since(&window).await.changes;
        if changes < 1.0 {
            break measured;
        }
        assert!(Instant::now() < deadline, "nothing happens, and yet the page changes {changes} times");
    };
    assert!(all.len() >= 3, "the program, its page and who loads it: {all:?}");
    let share = used.time.as_secs_f64() / took * 100.0;
    table.holds("of one processor, all processes together, while nothing happens", share, "%", Goal::AtMost(0.5));
    table.has("threads woken in a second meanwhile", used.wakeups as f64 / took, "times", Goal::None);
    let held: u64 = all.iter().map(|process| memory(*process)).sum();
    table.has("memory of all processes together", held as f64 / MIB, "MiB", Goal::None);
    table.keep("window");
}

/// A store that costs next to nothing, where files go to be measured: `davit-bench store`.
struct Store {
    program: Child,
    url: String,
}

impl Store {
    /// At full size alone.
    fn start() -> Option<Self> {
        let mut store = Command::new(std::env::var_os("DAVIT_BENCH_STORE")?);
        store.args(["store", "--all", &FLOWS.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut program = store.spawn().expect("the store starts");
        let mut url = String::new();
        BufReader::new(program.stdout.as_mut().expect("its output")).read_line(&mut url).expect("its address");
        Some(Self { program, url: url.trim().to_owned() })
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn name(n: usize) -> String {
    format!("clip {n:06}.mov")
}

/// So many files, each as long as all others.
fn made(folder: &Path, files: usize) -> Vec<PathBuf> {
    let make = |n: usize| {
        let path = folder.join(name(n));
        std::fs::write(&path, format!("{n:0>LEN$}")).expect("written");
        path
    };
    (0..files).map(make).collect()
}

/// Hands them over by starts with paths, as many as fit in one, and says yes to the place for all of them.
async fn give(window: &Window, home: &Path, paths: &[PathBuf]) {
    let mut given = 0;
    for some in paths.chunks(size(250, 10_000)) {
        assert!(app(home).arg("--add").args(some).status().expect("davit-app starts").success());
        given += some.len();
        // One after the other, so that their order is known.
        window.until(&format!("document.querySelector('.targets h1'){DIGITS} === '{given}'")).await;
    }
    window.until("document.activeElement?.matches('.tgt.big')").await;
    window.script("document.activeElement.click()").await;
}

/// How many rows a filter counts: the first has all, the last those that are done.
async fn counted(window: &Window, filter: usize) -> usize {
    let digits = window.script(&format!("return document.querySelectorAll('.tab b')[{filter}]{DIGITS}")).await;
    digits.as_str().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// Shows what a filter leaves.
async fn shows(window: &Window, filter: usize) {
    window.script(&format!("document.querySelectorAll('.tab')[{filter}].click()")).await;
    window.until(&format!("document.querySelectorAll('.tab')[{filter}].getAttribute('aria-pressed') === 'true'")).await;
}

async fn until_counted(window: &Window, filter: usize, wanted: usize) {
    let (mut there, mut since) = (0, Instant::now());
    while there < wanted {
        let now = counted(window, filter).await;
        if now != there {
            (there, since) = (now, Instant::now());
        }
        assert!(since.elapsed() < PATIENCE, "{there} of {wanted}\n{}", window.text().await);
        tokio::time::sleep(LOOK).await;
    }
}

/// Rows are few, and each is the one that its place says.
async fn is_in_order(window: &Window) {
    let told = "return [...document.querySelectorAll('.row')].map(row => [Number(row.ariaRowIndex ?? row.getAttribute('aria-rowindex')), \
                row.querySelector('.name').textContent.trim()])";
    let told = window.script(told).await;
    let rows = told.as_array().expect("rows");
    assert!(!rows.is_empty() && rows.len() <= DRAWN, "{} rows", rows.len());
    for row in rows {
        let index = usize::try_from(row[0].as_u64().expect("a place")).expect("few");
        assert!(row[1].as_str().is_some_and(|told| told.contains(&name(index - 1))), "{row}");
    }
}

/// All since the last beginning, once there was a frame.
async fn seen(window: &Window) -> Frames {
    window.until("pace.told()[2] > 0").await;
    Frames::since(window).await
}

/// Frames, and how long the page was busy.
fn draws(table: &mut Table, what: &str, seen: Frames) {
    let (goal, bound) = (Goal::AtLeast(60.0), Goal::AtLeast(FRAMES));
    table.is_within(&format!("frames a second, {what}"), seen.rate(), "", goal, bound);
    table.has(&format!("99 of 100 frames, {what}"), seen.most, "ms", Goal::None);
    table.is_within(&format!("the longest frame, {what}"), seen.longest, "ms", Goal::None, Goal::AtMost(LONGEST));
    table.has(&format!("page busy for more than 50 ms, {what}"), seen.busy, "times", Goal::AtMost(0.0));
    table.is_within(&format!("for how long at most, {what}"), seen.busiest, "ms", Goal::None, Goal::AtMost(LONGEST));
}

/// What is looked for, and how many names have all of its words.
fn searches(files: usize) -> Vec<(&'static str, usize)> {
    let has = |words: &str, n: usize| words.split(' ').all(|word| name(n).contains(word));
    ["99", "7", "clip 0002", "000123.mov", "1 5"]
        .into_iter()
        .map(|words| (words, (0..files).filter(|n| has(words, *n)).count()))
        .collect()
}

/// Types into the search; answers milliseconds until the answer to it was drawn.
async fn search_takes(window: &Window, words: &str, found: usize) -> f64 {
    let begins = format!(
        "window.took = null;
        const field = document.querySelector('.hbar input');
        const began = performance.now();
        const isThere = () => document.querySelector('.hfoot [role=status]')?.textContent.replace(/(\\d)[^\\d\\n](?=\\d{{3}})/g, '$1')
            .startsWith('{found} of ');
        const look = () => isThere()
            ? requestAnimationFrame(() => setTimeout(() => window.took ??= performance.now() - began))
            : requestAnimationFrame(look);
        field.value = {words:?};
        field.dispatchEvent(new Event('input', {{ bubbles: true }}));
        requestAnimationFrame(look);"
    );
    window.script(&begins).await;
    window.until("window.took !== null").await;
    window.script("return window.took").await.as_f64().expect("milliseconds")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_rows_is_drawn_in_order_while_very_many_of_them_change() {
    let files = size(1_000, 100_000);
    let empty = Window::empty().await;
    empty.until("document.readyState === 'complete'").await;
    let any_page = memory(empty.page());
    drop(empty);

    let office = Office::open().await;
    let paths = made(&office.world.sources(), files);
    let home = office.world.home();
    std::fs::DirBuilder::new().mode(0o700).create(&home).expect("a home");
    // All of them are on record before the first is sent.
    let paused = r#"{"chosen":{"rate":null,"paused":true,"until":null}}"#;
    std::fs::write(home.join("settings.json"), paused).expect("written");
    let store = Store::start();
    let to = store.as_ref().map_or_else(|| office.link.endpoint(), |store| store.url.clone());
    let window = Window::open(&home, &[("DAVIT_DEV_S3_ENDPOINT", to)]).await;
    connect(&window, &office).await;
    let begun = Instant::now();
    give(&window, &home, &paths).await;
    until_counted(&window, 0, files).await;
    window.until("document.querySelector('.hero .fig').innerText === 'Paused'").await;
    let mut table = Table::of(&format!("{files} rows in the window, two thousand of them done in a second"));
    table.has("until all of them are in the list", begun.elapsed().as_secs_f64(), "s", Goal::None);
    is_in_order(&window).await;
    let mut held = vec![memory(window.page())];

    // Nothing changes but what is seen of it.
    Frames::begin(&window, ".list").await;
    scroll(&window, ".list").await;
    tokio::time::sleep(size(Duration::from_secs(1), Duration::from_secs(10))).await;
    rest(&window).await;
    draws(&mut table, "while it is scrolled and rests", seen(&window).await);
    is_in_order(&window).await;
    window.script("document.querySelector('.list').scrollTop = 0").await;
    window.until("document.querySelector('.row')?.getAttribute('aria-rowindex') === '1'").await;

    // What moves alone: all that is seen changes with every word of the engine's. There is a list once something moves.
    shows(&window, 1).await;
    Frames::begin_in(&window, ".main", ".list").await;
    window.click("Resume all").await;
    let begun = Instant::now();
    until_counted(&window, 3, files / 2).await;
    let seen = self::seen(&window).await;
    let rate = counted(&window, 3).await as f64 / begun.elapsed().as_secs_f64();
    table.has("files done in a second meanwhile", rate, "", Goal::None);
    draws(&mut table, "while they are done", seen);
    assert!(seen.changed_at_most(CHANGES), "{seen:?}");
    table.has("changes of the list in a second", seen.changes_a_second(), "", Goal::AtMost(CHANGES));
    shows(&window, 0).await;
    window.until("document.querySelector('.row')").await;
    held.push(memory(window.page()));
    Frames::begin(&window, ".list").await;
    scroll(&window, ".list").await;
    until_counted(&window, 3, files).await;
    rest(&window).await;
    draws(&mut table, "while they are done and it is scrolled", self::seen(&window).await);
    window.until_says("Everything is uploaded").await;
    is_in_order(&window).await;
    assert!(store.is_some() || office.world.keys().len() == files, "{} are there", office.world.keys().len());

    go(&window, "history").await;
    window.until("document.querySelector('.hrow')").await;
    let mut took = Vec::new();
    let (goal, bound) = (Goal::AtMost(100.0), Goal::AtMost(SEARCH));
    let queries = searches(files);
    for (nth, (words, found)) in queries.iter().cycle().take(size(5, 15)).enumerate() {
        let now = search_takes(&window, words, *found).await;
        match nth {
            // By it the index is made, for all that come after it.
            0 => table.is_within(&format!("the first search of {files} entries"), now, "ms", goal, bound),
            _ => took.push(now),
        }
    }
    let (middle, most) = middle_and_most(&took);
    table.holds("searches after it", middle, "ms", goal);
    table.is_within("the slowest of them", most, "ms", goal, bound);
    held.push(memory(window.page()));
    let (rare, found) = queries[3];
    let begun = Instant::now();
    let told = office.world.davit("history").args([rare, "--json"]).end().await;
    assert_eq!(told.lines.len(), found, "{}", told.out);
    let core = "`davit history` for one of them, by the core alone, with its start";
    table.has(core, begun.elapsed().as_secs_f64() * 1e3, "ms", Goal::AtMost(100.0));

    let most = held.into_iter().max().unwrap_or(0);
    let own = most.saturating_sub(any_page) as f64 / MIB;
    table.holds("memory of the page at most, without that of an empty page", own, "MiB", Goal::AtMost(150.0));
    table.has("memory of an empty page", any_page as f64 / MIB, "MiB", Goal::None);
    table.keep("window-rows");
}
