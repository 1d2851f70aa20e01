//! What the real window costs: how soon it stands and is painted, what it uses while nothing happens, and a hundred thousand rows of
//! which two thousand change in a second. `cargo xtask bench --case window` measures it, and its tables stand in docs/performance.md.
//! Among the tests all of it is small, and what is asserted is what depends on no machine: what there is, in which order, how often the
//! list changes, and how much of it the page is told at a time; not how long it takes, nor its memory. Measured, whatever misses
//! its goal stands in the table as missed, and fails.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use davit_tests::frames::{CHANGES, Frames, rest, scroll};
use davit_tests::goals::{Goal, Table};
use davit_tests::process::{Used, began, memory, most_resident, tree, written};
use davit_tests::screen::Looking;
use davit_tests::soak::size;
use davit_tests::window::{Window, app};

use crate::window::{Office, connect};
use crate::window_watched::go;

/// Longer than anything takes after which nothing has changed.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often we look: whoever looks takes time from the window.
const LOOK: Duration = Duration::from_millis(250);
/// Bytes of a file, and of all that come to the store in a second: more than two thousand files, with what is sent around each.
const LEN: usize = 1_000;
const FLOWS: u64 = 2_400_000;
/// No page has more rows than these, however many there are.
const DRAWN: usize = 60;
const MIB: f64 = 1_048_576.0;
/// Digits of what a part of the page says, however the system's language groups them.
const DIGITS: &str = "?.innerText.replace(/\\D/g, '')";

/// Files that are done in a second meanwhile.
const DONE: f64 = 2_000.0;
/// Frames of a second.
const FRAMES: f64 = 60.0;
/// What the one in the middle may take, in milliseconds: a sixtieth of a second. The web view tells whole ones.
const FRAME: f64 = 17.0;
/// What any search of history may take, in milliseconds: the first, for which there is no index yet, as well.
const SEARCH: f64 = 100.0;
/// Of the process that draws the page: all of it, whatever of that is the web view's own.
const PAGE_MIB: f64 = 150.0;
/// Of one processor, by all processes together, while nothing happens.
const IDLE: f64 = 0.5;
/// Nothing that the page is told at a time is longer, in letters: it has few rows, and none of the others.
const TOLD: f64 = 100_000.0;

/// The one in the middle, and the largest.
fn middle_and_most(figures: &[f64]) -> (f64, f64) {
    let mut all = figures.to_vec();
    all.sort_by(f64::total_cmp);
    (all[all.len() / 2], all[all.len() - 1])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_stands_is_painted_and_then_does_nothing_while_nothing_happens() {
    let painted = "performance.getEntriesByName('first-contentful-paint')";
    let ready = "return performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd";
    let starts = size(1, 9);
    let mut table = Table::of(&format!("Starts of the window, {starts} of them, and rest")).await;
    let office = Office::open().await;
    let first = office.window().await;
    connect(&first, &office).await;
    first.end();
    let (mut stood, mut run, mut drawn, mut shown) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
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
        run.push(window.script(ready).await.as_f64().expect("a time"));
        drawn.push(paint);
        shown.push(page + paint - begun);
        assert!(page > begun && paint > 0.0, "the program began at {begun}, its page at {page}, painted after {paint}");
        last = Some(window);
    }
    let window = last.expect("a window");
    assert!(stood.iter().all(|stood| *stood > 0.0), "{stood:?}");
    for (what, figures, goal) in [
        ("until the window stands, from the program's start", &stood, Some(Goal::AtMost(1_000.0))),
        (
            "until the page is painted for the first time, from the beginning of its load",
            &drawn,
            Some(Goal::AtMost(300.0)),
        ),
        // What is left until it is painted is waited for: the program's answers, and what nobody shows of a short wait.
        ("until its script has run, from there", &run, None),
        ("until it is painted for the first time, from the program's start", &shown, None),
    ] {
        let (middle, most) = middle_and_most(figures);
        for (what, figure) in [(format!("{what}: the middle one"), middle), (format!("{what}: the slowest"), most)] {
            match goal {
                Some(goal) => table.holds(&what, figure, "ms", goal),
                None => table.has(&what, figure, "ms"),
            }
        }
    }
    rests(&mut table, &window, "nothing in the list").await;
    table.keep("window");
}

/// What all processes of the program use together while nothing happens.
async fn rests(table: &mut Table, window: &Window, what: &str) {
    // What is left to do is done by then.
    tokio::time::sleep(size(Duration::from_secs(1), Duration::from_secs(30))).await;
    let begun = Instant::now();
    let (took, used, changes) = loop {
        Frames::begin(window, "body").await;
        Frames::changes_alone(window).await;
        let (begins, before) = (Instant::now(), Used::by_all(&tree(window.id())));
        tokio::time::sleep(size(Duration::from_secs(3), Duration::from_secs(120))).await;
        // Whoever was started meanwhile counts.
        let used = Used::by_all(&tree(window.id())).since(before);
        let took = begins.elapsed().as_secs_f64();
        let changes = Frames::since(window).await.changes;
        // Among the tests a machine may be late with what there was to do; measured, it is what resting costs.
        if changes < 1.0 || begun.elapsed() > size(PATIENCE, Duration::ZERO) {
            break (took, used, changes);
        }
    };
    let all = tree(window.id());
    assert!(all.contains(&window.page()) && all.len() >= 3, "the program, its page and who loads it: {all:?}");
    let share = used.time.as_secs_f64() / took * 100.0;
    table.holds(&format!("of one processor, all processes together, {what}"), share, "%", Goal::AtMost(IDLE));
    table.holds_anywhere(&format!("changes of the page meanwhile, {what}"), changes, "", Goal::AtMost(0.0));
    table.has(&format!("threads woken in a second meanwhile, {what}"), used.wakeups as f64 / took, "times");
    let held: u64 = all.iter().map(|process| memory(*process)).sum();
    table.has(&format!("memory of all {} processes together, {what}", all.len()), held as f64 / MIB, "MiB");
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

/// What a page's process holds of memory, in MiB: all of it, and of that what lies in no file.
fn held(page: u32) -> (f64, f64) {
    (memory(page) as f64 / MIB, written(page) as f64 / MIB)
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
    table.holds(&format!("frames a second, {what}"), seen.rate(), "", Goal::AtLeast(FRAMES));
    table.holds(&format!("the frame in the middle, {what}"), seen.middle, "ms", Goal::AtMost(FRAME));
    table.has(&format!("99 of 100 frames at most, {what}"), seen.most, "ms");
    table.has(&format!("the longest frame, {what}"), seen.longest, "ms");
    table.has(&format!("frames longer than 25 ms, of {:.0} in all, {what}", seen.drawn), seen.late, "");
    table.has(&format!("frames longer than 50 ms, {what}"), seen.long, "");
    table.holds(&format!("page busy for more than 50 ms, {what}"), seen.busy, "times", Goal::AtMost(0.0));
    table.has(&format!("for how long at most, {what}"), seen.busiest, "ms");
}

/// How much the page is told at a time, from now on: each answer, and whatever comes by itself and is too long to come at once.
async fn hears(window: &Window) {
    let hears = "window.heard = 0; const ask = window.fetch; \
                 window.fetch = async (...asked) => { \
                     const answer = await ask(...asked); \
                     void answer.clone().text().then(told => { window.heard = Math.max(window.heard, told.length) }); \
                     return answer; }";
    window.script(hears).await;
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
    let mut table = Table::of(&format!("{files} rows in the window, two thousand of them done in a second")).await;
    let empty = Window::empty().await;
    empty.until("document.readyState === 'complete'").await;
    let any_page = held(empty.page());
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
    if store.is_none() {
        hears(&window).await;
    }
    let begun = Instant::now();
    give(&window, &home, &paths).await;
    until_counted(&window, 0, files).await;
    window.until("document.querySelector('.hero .fig').innerText === 'Paused'").await;
    table.has("until all of them are in the list", begun.elapsed().as_secs_f64(), "s");
    is_in_order(&window).await;
    let mut memories = vec![held(window.page())];

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
    table.holds("files done in a second meanwhile", rate, "", Goal::AtLeast(DONE));
    draws(&mut table, "while they are done", seen);
    table.holds("changes of the list in a second", seen.changes_a_second(), "", Goal::AtMost(CHANGES));
    // In the short while that a small crowd takes its ends count.
    assert!(store.is_some() || seen.changed_at_most(CHANGES), "{seen:?}");
    shows(&window, 0).await;
    window.until("document.querySelector('.row')").await;
    memories.push(held(window.page()));
    Frames::begin(&window, ".list").await;
    scroll(&window, ".list").await;
    let (begun, before) = (Instant::now(), counted(&window, 3).await);
    until_counted(&window, 3, files).await;
    let rate = files.saturating_sub(before) as f64 / begun.elapsed().as_secs_f64();
    rest(&window).await;
    let seen = self::seen(&window).await;
    table.holds("files done in a second while it is scrolled", rate, "", Goal::AtLeast(DONE));
    draws(&mut table, "while they are done and it is scrolled", seen);
    window.until_says("Everything is uploaded").await;
    is_in_order(&window).await;
    memories.push(held(window.page()));
    assert!(store.is_some() || office.world.keys().len() == files, "{} are there", office.world.keys().len());
    if store.is_some() {
        rests(&mut table, &window, "all of them in the list").await;
    }

    go(&window, "history").await;
    window.until("document.querySelector('.hrow')").await;
    let mut took = Vec::new();
    let queries = searches(files);
    for (words, found) in queries.iter().cycle().take(size(5, 15)) {
        took.push(search_takes(&window, words, *found).await);
    }
    // The index is being made since the page was opened: the first of them comes before there is all of it.
    table.holds(&format!("the first search of {files} entries"), took.remove(0), "ms", Goal::AtMost(SEARCH));
    let (middle, most) = middle_and_most(&took);
    table.holds("searches after it: the middle one", middle, "ms", Goal::AtMost(SEARCH));
    table.holds("the slowest of them", most, "ms", Goal::AtMost(SEARCH));
    memories.push(held(window.page()));
    let (rare, found) = queries[3];
    let begun = Instant::now();
    let told = office.world.davit("history").args([rare, "--json"]).end().await;
    assert_eq!(told.lines.len(), found, "{}", told.out);
    let core = "`davit history` for one of them, by the core alone, with its start";
    table.holds(core, begun.elapsed().as_secs_f64() * 1e3, "ms", Goal::AtMost(SEARCH));

    let most = |which: fn(&(f64, f64)) -> f64| memories.iter().map(which).fold(0.0, f64::max);
    table.holds("memory of the page at most, all of it", most(|held| held.0), "MiB", Goal::AtMost(PAGE_MIB));
    table.has("of it in no file, unlike the web view's own program", most(|held| held.1), "MiB");
    table.has("memory of an empty page, all of it", any_page.0, "MiB");
    table.has("of it in no file", any_page.1, "MiB");
    let own = most(|held| held.1) - any_page.1;
    table.holds("in no file, more than of an empty page", own, "MiB", Goal::AtMost(PAGE_MIB));
    let ever = most_resident(window.page()) as f64 / MIB;
    table.has("the most that the page ever had, with all that it shares", ever, "MiB");
    if store.is_none() {
        let heard = window.script("return window.heard").await.as_f64().expect("letters");
        assert!(heard > 0.0, "nobody asked anything");
        table.holds_anywhere("letters that the page was told at a time at most", heard, "", Goal::AtMost(TOLD));
    }
    table.keep("window-rows");
}
