//! The records under power cuts, damage and full disks: [`power`] and [`damage`] on the journal alone, thousands of times;
//! [`runs`] and [`room`] by the real command line.

pub mod damage;
pub mod power;
pub mod room;
pub mod runs;
pub mod size;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use davit_core::credentials::{Giver, Remote, Scope};
use davit_core::engine::feed::Event;
use davit_core::file::Fingerprint;
use davit_core::ids::{BatchId, DestinationId, ItemId, PartNumber, TransferId, UploadId};
use davit_core::journal::{BatchRow, Ending, ItemRow, Journal, Leftover, Reader, TransferRow, Write};
use davit_core::session::{Collision, Destination};
use davit_core::transfer::{AcknowledgedPart, OnS3, Plan, Standing, TransferState};
use davit_core::units::{ByteCount, UnixTime};

use uuid::Uuid;

use super::Chance;

/// A folder in memory, where there is one: thousands of journals are opened, and no disk is the subject.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a folder")
}

/// The files of a home that are records, by name.
type Image = BTreeMap<String, Vec<u8>>;

fn image(home: &Path) -> Image {
    let read = |name: &str| Some((name.to_owned(), std::fs::read(home.join(name)).ok()?));
    ["journal.sqlite", "journal.sqlite-wal", "journal.good.sqlite", "journal.in-use"]
        .into_iter()
        .filter_map(read)
        .collect()
}

fn lay_out(image: &Image, home: &Path) {
    std::fs::create_dir_all(home).expect("a home");
    for (name, bytes) in image {
        std::fs::write(home.join(name), bytes).expect("written");
    }
}

/// The gesture that every row belongs to.
fn batch() -> BatchRow {
    let destination = Destination {
        id: DestinationId("rushes".into()),
        label: "Projects / Rushes".into(),
        bucket: "media".into(),
        region: "eu-central-1".into(),
        account_id: None,
        accelerate: false,
        collision: Collision::Fail,
        rules: None,
        storage_class: None,
        sse: None,
        tags: BTreeMap::new(),
        link_template: None,
    };
    let giver = Giver::Company { address: "https://uploads.example.com".into() };
    BatchRow {
        id: BatchId::new(1),
        added: UnixTime(1_700_000_000),
        destination,
        collision: Collision::Overwrite,
        scope: None,
        remote: Some(Remote { giver, store: None }),
        told: true,
    }
}

fn item(id: u64, folder: bool) -> ItemRow {
    let name = if folder { format!("day {id}") } else { format!("cut {id}.mov") };
    ItemRow {
        id: ItemId::new(id),
        batch: BatchId::new(1),
        added: UnixTime(1_700_000_000 + id),
        path: PathBuf::from(format!("/media/card/{name}")),
        name,
        folder,
        counted: true,
        skipped: 0,
        removed: false,
        mount: folder.then(|| PathBuf::from("/media/card")),
        sweep: None,
    }
}

fn transfer(id: u64, item: &ItemRow) -> TransferRow {
    let rel = format!("cam {}/clip {id:05}.mov", id % 3);
    TransferRow {
        id: TransferId::new(id),
        item: item.id,
        path: item.path.join(&rel),
        key: format!("{}/{rel}", item.name),
        rel,
        size: ByteCount(20 << 20),
        standing: Standing::NEW,
        token: format!("{:032x}", id.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        fingerprint: None,
        plan: None,
        crc64: None,
        problem: None,
    }
}

/// What happens to records while files are uploaded: one commit each, of a kind that chance picks.
fn commit(chance: &mut Chance, files: &mut u64) -> Vec<Write> {
    let known = TransferId::new(1 + chance.below(usize::try_from(*files).expect("few")) as u64);
    let upload = UploadId(format!("upload-{}-{}", known, chance.below(1_000_000)));
    match chance.below(10) {
        0 | 1 => {
            *files += 1;
            let row = transfer(*files, &item(2, true));
            let id = row.id;
            vec![Write::Transfer(row.into()), Write::Happened(id, UnixTime(1_700_000_000), Event::Added)]
        }
        2 => {
            let size = (17 << 20) + chance.below(8 << 20) as u64;
            let fingerprint = Fingerprint {
                size,
                mtime: 1,
                ctime: Some(2),
                volume: 3,
                file: known.get(),
                in_doubt: false,
                grows: false,
            };
            let plan = Plan::for_size(ByteCount(size)).expect("a plan");
            vec![Write::Opened { id: known, fingerprint, plan }]
        }
        3 => vec![Write::Standing(known, Standing { state: TransferState::Uploading, on_s3: OnS3::Upload(upload) })],
        4 | 5 => {
            let part = |number: u32| AcknowledgedPart {
                number: PartNumber::new(number).expect("a part"),
                etag: format!("\"{number:x}-{known}\"").as_str().into(),
                crc64: 0x9e37_79b9 * u64::from(number),
                size: ByteCount(8 << 20),
            };
            (1..=1 + u32::try_from(chance.below(3)).expect("few")).map(|n| Write::Part(known, part(n))).collect()
        }
        6 => {
            let rel = format!("cam 1/{}.tmp", chance.below(1_000));
            vec![Write::Skip { item: ItemId::new(2), rel, rule: "temporary" }]
        }
        7 => {
            let id = Uuid::from_u128(chance.below(1 << 40) as u128);
            vec![Write::Ending(Ending { id, batch: BatchId::new(1), at: UnixTime(1_700_000_000) })]
        }
        8 => vec![Write::Leftover(Leftover { upload, batch: BatchId::new(1), key: format!("left/{known}.mov") })],
        _ => vec![Write::Key(known, format!("day 2/clip {known} ({}).mov", 2 + chance.below(9)))],
    }
}

/// The first rows of every journal here.
fn beginning() -> Vec<Write> {
    let (single, folder) = (item(1, false), item(2, true));
    let first = transfer(1, &single);
    let scope = Scope { bucket: "media".into(), prefix: "rushes/ada/".into(), region: "eu-central-1".into() };
    vec![
        Write::Batch(batch().into()),
        Write::BindBatch(BatchId::new(1), scope),
        Write::Item(single),
        Write::Item(folder),
        Write::Transfer(first.into()),
    ]
}

/// Every row that decides what goes where, as text: what stands in it, and nothing that a mending may change (a state that
/// rests, a folder that is walked again).
fn rows(home: &Path, files: u64) -> BTreeSet<String> {
    let reader = Reader::open(home).expect("the records can be read");
    let mut all = BTreeSet::new();
    all.extend(reader.batch(BatchId::new(1)).expect("read").map(|row| format!("{row:?}")));
    // Where its drive is mounted is another row, without which nothing is lost but a look for all.
    for id in [1, 2] {
        let row = reader.item(ItemId::new(id)).expect("read").map(|row| ItemRow { counted: true, mount: None, ..row });
        all.extend(row.map(|row| format!("{row:?}")));
    }
    for id in (1..=files).map(TransferId::new) {
        let Some(row) = reader.transfer(id).expect("read") else { continue };
        let row = TransferRow { standing: Standing::NEW, ..row };
        all.insert(format!("{row:?}"));
        all.extend(reader.parts(id).expect("read").iter().map(|part| format!("{id} {part:?}")));
    }
    all.extend(reader.leftovers().expect("read").iter().map(|left| format!("{left:?}")));
    all.extend(reader.endings().expect("read").iter().map(|ending| format!("{ending:?}")));
    let (_, skips) = reader.fates(BatchId::new(1)).expect("read");
    all.extend(skips.iter().map(|skip| format!("{skip:?}")));
    all
}

/// The same with the states.
fn rows_with_states(home: &Path, files: u64) -> BTreeSet<String> {
    let mut all = rows(home, files);
    let reader = Reader::open(home).expect("the records can be read");
    for id in (1..=files).map(TransferId::new) {
        all.extend(reader.transfer(id).expect("read").map(|row| format!("{id} {:?}", row.standing)));
    }
    all
}

/// A journal with so many commits, its rows, and every row that it ever had.
async fn grown(home: &Path, chance: &mut Chance, commits: usize) -> (Journal, u64, BTreeSet<String>) {
    std::fs::create_dir_all(home).expect("a home");
    let (journal, _) = Journal::open(home).expect("opens");
    let mut files = 1;
    journal.write(beginning()).await.expect("written");
    let mut ever = rows(home, files);
    for _ in 0..commits {
        journal.write(commit(chance, &mut files)).await.expect("written");
        ever.extend(rows(home, files));
    }
    (journal, files, ever)
}
