//! What ended, as it is told later: once, whatever was killed, and found by any part of its name.

use davit_tests::World;
use davit_tests::davit::Ended;
use davit_tests::source::noise;

fn told(ended: &Ended) -> Vec<(String, String)> {
    let word = |line: &serde_json::Value, what: &str| line[what].as_str().unwrap_or_default().to_owned();
    ended.lines.iter().map(|line| (word(line, "name"), word(line, "result"))).collect()
}

#[cfg(debug_assertions)] // Where tests break the program.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_neither_keeps_what_ended_out_of_history_nor_brings_it_there_twice() {
    let world = World::new().await;
    let folder = world.sources().join("day 07");
    for n in 0..3 {
        noise(&folder.join(format!("{n}.wav")), 1_000 + n);
    }
    for (side, known) in [("before", 0), ("after", 1)] {
        let home = world.path(side);
        let upload = || {
            let mut run = world.upload(&[&folder]);
            run.env("DAVIT_HOME", &home).args(["--collision", "overwrite"]);
            run
        };
        let history = || {
            let mut run = world.davit("history");
            run.env("DAVIT_HOME", &home).arg("--json");
            run
        };
        let killed = upload().env("DAVIT_FAILPOINT", format!("record-history:1:{side}")).end().await;
        assert_eq!(killed.code, None, "{side}: {}", killed.err);
        assert_eq!(history().end().await.lines.len(), known, "{side}");
        for _ in 0..2 {
            upload().end().await.all_done();
            let all = history().end().await;
            let first = &all.lines[all.lines.len() - 1];
            let is =
                (first["name"].as_str(), first["result"].as_str(), first["files"].as_u64(), first["size"].as_u64());
            assert_eq!(is, (Some("day 07"), Some("done"), Some(3), Some(3_003)), "{side}: {}", all.out);
            let items: std::collections::BTreeSet<_> = all.lines.iter().map(|line| line["item"].as_u64()).collect();
            assert_eq!(items.len(), all.lines.len(), "{side}: {}", all.out);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_is_searched_narrowed_down_and_saved_at_the_command_line() {
    let world = World::new().await;
    let empty = world.davit("history").end().await;
    assert_eq!((empty.code, empty.out.starts_with("Nothing was uploaded yet.")), (Some(0), true), "{}", empty.err);
    let (cut, other) = (world.sources().join("Fjörd, cut.mov"), world.sources().join("other/Fjörd, cut.mov"));
    let sound = world.sources().join("sound.wav");
    for (file, len) in [(&cut, 1_000), (&other, 2_000), (&sound, 30)] {
        noise(file, len);
    }
    world.upload(&[&cut]).end().await.all_done();
    world.upload(&[&sound]).end().await.all_done();
    // The name is taken.
    assert_eq!(world.upload(&[&other]).end().await.code, Some(1));
    let ask = |words: &[&str]| {
        let mut run = world.davit("history");
        run.args(words);
        run
    };
    let done = |name: &str| (name.to_owned(), "done".to_owned());
    let failed = |name: &str| (name.to_owned(), "failed".to_owned());
    let cut = "Fjörd, cut.mov";
    for (words, wanted) in [
        (vec!["--json"], vec![failed(cut), done("sound.wav"), done(cut)]),
        (vec!["fjord", "MOV", "--json"], vec![failed(cut), done(cut)]),
        (vec!["fjord", "--result", "failed", "--json"], vec![failed(cut)]),
        (vec!["wa", "--since", "1", "--json"], vec![done("sound.wav")]),
        (vec!["--result", "cancelled", "--json"], vec![]),
        (vec!["%", "--json"], vec![]),
    ] {
        assert_eq!(told(&ask(&words).end().await), wanted, "{words:?}");
    }
    let lines = ask(&["sound"]).end().await.out;
    assert!(
        lines.lines().next().is_some_and(|line| line.contains("UTC  done           30 B  sound.wav to ")),
        "{lines}"
    );
    assert_eq!(lines.lines().last(), Some("1 of 3 transfers, 30 B"), "{lines}");
    assert_eq!(ask(&["board", "2025"]).end().await.out, "Nothing matches.\n");
    let table = ask(&["fjord", "--csv"]).end().await.out;
    let mut table = csv::Reader::from_reader(table.as_bytes());
    let rows: Vec<csv::StringRecord> = table.records().collect::<Result<_, _>>().expect("rows");
    let cells: Vec<_> = rows.iter().map(|row| (row[1].to_owned(), row[2].to_owned(), row[5].to_owned())).collect();
    let row = |result: &str, size: &str| (result.to_owned(), cut.to_owned(), size.to_owned());
    assert_eq!(cells, [row("failed", "2000"), row("done", "1000")]);
    assert_eq!(ask(&["--since", "0"]).end().await.code, Some(1));
}
