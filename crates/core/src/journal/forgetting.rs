//! A company that is forgotten: every row that was given for it goes, with its history, in one commit. Rows of other companies, and
//! of places without one, stay as they are.

use std::sync::LazyLock;

use rusqlite::Connection;

use super::classify;
use super::rows::json;
use super::seal::WATCHED;
use super::write::plain;
use crate::error::Result;
use crate::ids::UploadId;
use crate::transfer::Standing;
use crate::transfer::state::unfinished;

/// Whether a row is the company's at `?1`, whatever its store. One that does not say whose it is is nobody's.
const ITS: &str = "iif(json_valid(remote), json_extract(remote,'$.giver.address'), NULL)=?1";

/// What goes, what refers to others first.
static STEPS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let batches = format!("(SELECT id FROM batches WHERE {ITS})");
    let items = format!("(SELECT id FROM items WHERE batch IN {batches})");
    let transfers = format!("(SELECT id FROM transfers WHERE item IN {items})");
    let watches = format!("(SELECT id FROM watches WHERE {ITS})");
    let sent = format!(
        "(SELECT id FROM transfers WHERE item IN {items}
          AND iif(json_valid(standing), json_extract(standing,'$.state.kind'), NULL)='done')"
    );
    let of = |table: &str, column: &str, those: &str| format!("DELETE FROM {table} WHERE {column} IN {those}");
    // A folder that goes elsewhere by now does not send again there what was sent. What was not is found anew.
    let there = "transfer=NULL,why='existing',after=NULL";
    let (now, whole) = (WATCHED.after(there), WATCHED.fits());
    vec![
        of("watched", "watch", &watches),
        format!("UPDATE watched SET {there},sum={now} WHERE transfer IN {sent} AND {whole}"),
        of("watched", "transfer", &transfers),
        of("parts", "transfer", &transfers),
        of("story", "transfer", &transfers),
        of("transfers", "item", &items),
        of("skips", "item", &items),
        of("mounts", "item", &items),
        of("ranks", "item", &items),
        of("asked", "item", &items),
        of("sweeps", "item", &items),
        of("history", "item", &items),
        of("items", "batch", &batches),
        format!("DELETE FROM stays WHERE upload IN (SELECT upload FROM leftovers WHERE batch IN {batches})"),
        of("leftovers", "batch", &batches),
        of("lost", "batch", &batches),
        of("refused", "batch", &batches),
        of("receipts", "batch", &batches),
        format!("DELETE FROM batches WHERE {ITS}"),
        // What it found for another company before, which stays, says that it did.
        format!("DELETE FROM watches WHERE {ITS} AND NOT EXISTS (SELECT 1 FROM sweeps s WHERE s.watch=watches.id)"),
    ]
});

/// The full-text index lies elsewhere, and holds names: it is of other records from now on.
const INDEX: &str = "UPDATE history_of SET token=lower(hex(randomblob(16)))";

/// Everything that was given for the company at this address.
pub(super) fn company(c: &Connection, address: &str) -> Result<()> {
    for upload in uploads(c, address)? {
        plain(c, "DELETE FROM stays WHERE upload=?", &[&upload.0])?;
    }
    STEPS.iter().try_for_each(|step| plain(c, step, &[&address]))?;
    plain(c, INDEX, &[])
}

/// Uploads of its transfers that S3 may hold.
fn uploads(c: &Connection, address: &str) -> Result<Vec<UploadId>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT standing FROM transfers WHERE ended=0 AND item IN
             (SELECT id FROM items WHERE batch IN (SELECT id FROM batches WHERE {ITS}))"
        )
    });
    let mut open = c.prepare(&SQL).map_err(classify)?;
    // Of what is damaged nobody knows an upload.
    let upload = open
        .query_map([address], |row| Ok(json::<Standing>(row, 0).ok().and_then(|standing| unfinished(&standing.on_s3))));
    let all: Vec<_> = upload.map_err(classify)?.collect::<rusqlite::Result<_>>().map_err(classify)?;
    Ok(all.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::credentials::{Giver, Remote};
    use crate::engine::fixture::rows;
    use crate::file::Stamp;
    use crate::ids::{BatchId, ItemId, TransferId, WatchId};
    use crate::journal::{
        BatchRow, Ending, ItemRow, Journal, Leftover, Reader, Sweep, TransferRow, WatchRow, WatchedRow, Write,
    };
    use crate::transfer::{OnS3, TransferState};
    use crate::units::UnixTime;
    use crate::watch::Spec;
    use crate::watch::record::{Counters, Decided, State};

    const ONE: &str = "https://one.example";
    const OTHER: &str = "https://other.example";

    fn remote(address: &str) -> Remote {
        Remote { giver: Giver::Company { address: address.to_owned() }, store: None }
    }

    fn watch(n: u64, of: &str) -> Write {
        let (batch, ..) = rows(Path::new("/in"), Standing::NEW);
        Write::Watch(Box::new(WatchRow {
            id: WatchId::new(n),
            added: UnixTime(1),
            path: format!("/in-{n}").into(),
            spec: Spec::default(),
            destination: batch.destination,
            remote: remote(of),
            root: None,
            state: State::Stopped,
            counters: Counters::default(),
        }))
    }

    fn line(watch: u64, name: &str, transfer: u64) -> Write {
        let stamp = Stamp { size: 1, mtime_ns: 2, file: Some(3) };
        let decided = Decided::Given(TransferId::new(transfer));
        let row = WatchedRow { folder: "".into(), name: name.into(), stamp, decided, after: None };
        Write::Watched(WatchId::new(watch), row)
    }

    /// A gesture of one file, with everything that hangs on it.
    fn given(n: u64, remote: Option<Remote>, standing: Standing, swept: Option<u64>) -> Vec<Write> {
        let (batch, item, file) = rows(Path::new("/cut.mov"), standing);
        let (id, of, transfer) = (BatchId::new(n), ItemId::new(n), TransferId::new(n));
        let sweep = swept.map(|watch| Sweep { watch: WatchId::new(watch), under: String::new() });
        let mount = Some("/mnt".into());
        let upload = UploadId(format!("left-{n}"));
        let ending = Ending { id: uuid::Uuid::from_u128(n.into()), batch: id, at: UnixTime(4) };
        vec![
            Write::Batch(BatchRow { id, remote, ..batch }.into()),
            Write::Item(ItemRow { id: of, batch: id, sweep, mount, ..item }),
            Write::Transfer(TransferRow { id: transfer, item: of, ..file }.into()),
            Write::Rank(of, 7),
            Write::Skip { item: of, rel: "x.tmp".to_owned(), rule: "junk" },
            Write::Happened(transfer, UnixTime(3), crate::engine::feed::Event::Added),
            Write::History(of),
            Write::Leftover(Leftover { upload: upload.clone(), batch: id, key: "k".to_owned() }),
            Write::Stays { upload, at: UnixTime(3), code: crate::error::ErrorCode::Offline },
            Write::Lost { batch: id, key: "l".to_owned(), at: UnixTime(3) },
            Write::Refused { batch: id, path: "/p".to_owned(), code: crate::error::ErrorCode::NotAFile },
            Write::Ending(ending),
        ]
    }

    fn done() -> Standing {
        let state = TransferState::Done { etag: "e".to_owned(), at: UnixTime(7) };
        Standing { state, on_s3: OnS3::Nothing }
    }

    /// Rows by table, of all that a company may have any in.
    fn counts(home: &Path) -> Vec<(&'static str, i64)> {
        let c = Connection::open(Journal::path(home)).expect("opened");
        let count = |table: &&'static str| {
            let sql = format!("SELECT count(*) FROM {table}");
            (*table, c.query_row(&sql, [], |row| row.get(0)).expect("counted"))
        };
        let tables = [
            "batches",
            "items",
            "transfers",
            "parts",
            "story",
            "skips",
            "mounts",
            "ranks",
            "asked",
            "sweeps",
            "history",
            "leftovers",
            "stays",
            "lost",
            "refused",
            "receipts",
            "watches",
            "watched",
        ];
        tables.iter().map(count).collect()
    }

    #[tokio::test]
    async fn of_a_company_that_is_forgotten_no_row_is_left_and_none_of_another_goes() {
        let [home, alone] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let others = || {
            let nobody = given(2, None, done(), None);
            [vec![watch(2, OTHER)], given(1, Some(remote(OTHER)), done(), Some(2)), nobody, vec![line(2, "a", 1)]]
                .concat()
        };
        let open = Standing { state: TransferState::Uploading, on_s3: OnS3::Upload(UploadId("open".into())) };
        let stays = Write::Stays {
            upload: UploadId("open".into()),
            at: UnixTime(3),
            code: crate::error::ErrorCode::AccessDenied,
        };
        let its = [
            vec![watch(3, ONE)],
            given(3, Some(remote(ONE)), done(), Some(3)),
            given(4, Some(Remote { store: "http://127.0.0.1:1".parse().ok(), ..remote(ONE) }), open, None),
            vec![line(3, "b", 3), stays],
        ];
        let (journal, _) = Journal::open(home.path()).expect("opened");
        journal.write([others(), its.concat()].concat()).await.expect("written");
        let news = journal.history();
        let token = || journal.read(Reader::history_token);
        let before = token().await.expect("told");
        for _twice in 0..2 {
            journal.write(vec![Write::ForgetCompany(ONE.to_owned())]).await.expect("written");
        }
        assert_ne!(journal.history(), news, "whoever shows history looks again");
        assert_ne!(token().await.expect("told"), before, "the index is another's");
        let (others_alone, _) = Journal::open(alone.path()).expect("opened");
        others_alone.write(others()).await.expect("written");
        drop((journal, others_alone));
        assert_eq!(counts(home.path()), counts(alone.path()));
        let (_journal, recovered) = Journal::open(home.path()).expect("opened");
        assert_eq!((recovered.notice, recovered.batches.len()), (None, 2), "they are whole");
    }

    /// A folder that another company's files go to by now.
    #[tokio::test]
    async fn what_a_folder_sent_to_a_company_that_is_forgotten_is_not_sent_to_the_next() {
        let home = tempfile::tempdir().expect("a folder");
        let (journal, _) = Journal::open(home.path()).expect("opened");
        let queued = given(4, Some(remote(ONE)), Standing::NEW, Some(3));
        let sent = given(3, Some(remote(ONE)), done(), Some(3));
        let all = [vec![watch(3, OTHER)], sent, queued, vec![line(3, "sent", 3), line(3, "queued", 4)]];
        journal.write(all.concat()).await.expect("written");
        journal.write(vec![Write::ForgetCompany(ONE.to_owned())]).await.expect("written");
        drop(journal);
        let c = Connection::open(Journal::path(home.path())).expect("opened");
        let lines = "SELECT count(*) FROM watched WHERE transfer IS NULL AND why='existing'";
        let left = |sql: &str| c.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("counted");
        assert_eq!((left(lines), left("SELECT count(*) FROM watched")), (1, 1));
        assert_eq!(left("SELECT count(*) FROM watches"), 1, "it is watched still");
        drop(c);
        let (_journal, recovered) = Journal::open(home.path()).expect("opened");
        assert_eq!(recovered.notice, None, "the line fits its sum");
    }
}
