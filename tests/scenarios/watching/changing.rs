//! Files that change in the midst of their upload, where a person wants them sent to their end first (rule W12).

use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use davit_core::journal::{Reader, StatusRow};
use davit_core::session::Collision;
use davit_core::transfer::TransferState;
use davit_core::units::ByteRate;
use davit_core::watch::Spec;
use davit_core::watch::spec::{After, Changed};
use davit_tests::fault::FaultProxy;
use davit_tests::source::{noise, sha256};
use davit_tests::world::{BUCKET, World};

use super::{Watched, soon};

const SIZE: u64 = 64 << 20;

/// A file of which something is in the store, and most is not; and another version of it, beside the folder.
struct Midway {
    watched: Watched,
    /// What it is sent by.
    _link: FaultProxy,
    path: PathBuf,
    sum: String,
    other: PathBuf,
    other_sum: String,
}

impl Midway {
    async fn of(spec: Spec) -> Self {
        let world = World::with_backend(900, "role").await;
        let link = FaultProxy::tight(world.cloud.address());
        let watched = Watched::by_way(world, &link, Spec { changed: Changed::FinishedFirst, ..spec }).await;
        watched.uploader().choose_limit(Some(ByteRate(10_000_000))).await.expect("chosen");
        let (made, other) = (watched.world.path("made"), watched.world.path("other"));
        noise(&made, SIZE);
        noise(&other, 20 << 20);
        let (sum, other_sum) = (sha256(&made), sha256(&other));
        let path = watched.root.join("cut.mov");
        std::fs::rename(made, &path).expect("moved in");
        let midway = Self { watched, _link: link, path, sum, other, other_sum };
        midway.watched.until_so("a part of it is there", |_| midway.parts() > 0).await;
        assert!(midway.parts() < 8 && midway.watched.keys().is_empty(), "and not all of it");
        midway
    }

    fn parts(&self) -> usize {
        self.watched.world.cloud.uploads(BUCKET).iter().map(|upload| upload.parts).sum()
    }

    /// As programs save at once.
    fn is_replaced(&self) {
        std::fs::rename(&self.other, &self.path).expect("saved");
    }

    async fn goes_on(&self) {
        self.watched.uploader().choose_limit(None).await.expect("chosen");
    }

    fn rows(&self) -> Vec<StatusRow> {
        Reader::open(&self.watched.world.home()).and_then(|reader| reader.status()).expect("records")
    }

    fn nothing_unfinished_is_left(&self) {
        assert_eq!(self.watched.world.cloud.uploads(BUCKET).len(), 0, "nothing unfinished is left");
    }
}

/// W12, W24: what becomes of the former version touches nothing of the other.
#[tokio::test]
async fn a_file_that_is_replaced_while_it_is_sent_is_finished_first_where_a_person_wants_that() {
    let midway = Midway::of(Spec { after: After::Move, ..soon() }).await;
    midway.is_replaced();
    midway.goes_on().await;
    let watched = &midway.watched;
    watched.until_keys(|keys| keys.len() == 2).await;
    watched.until_done(1).await;
    assert_eq!(watched.keys(), ["cut (2).mov", "cut.mov"]);
    assert_eq!(watched.sum("cut.mov"), midway.sum, "the version that it was, whole");
    assert_eq!(watched.sum("cut (2).mov"), midway.other_sum, "and the other");
    watched.until_left(|left| left.len() == 1 && left[0].starts_with("_uploaded/")).await;
    assert_eq!(sha256(&watched.root.join(&watched.left()[0])), midway.other_sum);
    assert_eq!(midway.rows().len(), 2, "each by an upload of its own");
    midway.nothing_unfinished_is_left();
}

/// W12, W23: the newer version comes last.
#[tokio::test]
async fn what_is_finished_first_is_replaced_by_the_version_that_took_its_place() {
    let midway = Midway::of(Spec { collision: Collision::Overwrite, ..soon() }).await;
    midway.is_replaced();
    midway.goes_on().await;
    let are_done = |rows: &[StatusRow]| {
        rows.len() == 2 && rows.iter().all(|row| matches!(row.standing.state, TransferState::Done { .. }))
    };
    midway.watched.until_so("both are sent", |_| are_done(&midway.rows())).await;
    assert_eq!(midway.watched.keys(), ["cut.mov"]);
    assert_eq!(midway.watched.sum("cut.mov"), midway.other_sum);
    midway.nothing_unfinished_is_left();
}

/// W12: of what a file was before it was written to, nothing is left.
#[tokio::test]
async fn a_file_that_is_written_to_while_it_is_sent_is_begun_anew_whatever_a_person_wants() {
    let midway = Midway::of(soon()).await;
    let mut file = std::fs::File::options().write(true).open(&midway.path).expect("opened");
    file.seek(SeekFrom::Start(SIZE - 9)).and_then(|_| file.write_all(b"the end")).expect("written");
    drop(file);
    midway.goes_on().await;
    let watched = &midway.watched;
    watched.until_done(1).await;
    assert_eq!(watched.keys(), ["cut.mov"]);
    let is = sha256(&midway.path);
    assert_ne!(is, midway.sum);
    assert_eq!(watched.sum("cut.mov"), is, "the version that it became, and nothing of the other");
    assert_eq!(midway.rows().len(), 1, "by the same transfer");
    midway.nothing_unfinished_is_left();
}

/// W12: what was held open is gone with whoever held it.
#[tokio::test]
async fn a_file_that_was_replaced_is_begun_anew_as_the_other_after_another_start() {
    let mut midway = Midway::of(soon()).await;
    midway.is_replaced();
    midway.watched.close().await;
    assert!(midway.watched.keys().is_empty(), "it was not finished in time");
    midway.watched.open().await;
    midway.goes_on().await;
    midway.watched.until_done(1).await;
    assert_eq!(midway.watched.keys(), ["cut.mov"]);
    assert_eq!(midway.watched.sum("cut.mov"), midway.other_sum);
    midway.nothing_unfinished_is_left();
}
