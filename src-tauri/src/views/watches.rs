//! A watched folder as the page sees it, and what the page may wish of one.

use std::path::Path;

use davit_core::error::{Error, ErrorCode};
use davit_core::file::{Links, Placeholders};
use davit_core::ids::{DestinationId, WatchId};
use davit_core::session::Collision;
use davit_core::units::UnixTime;
use davit_core::watch::Spec;
use davit_core::watch::card::{Card, Counts, Doing, Notices, Warning};
use davit_core::watch::rules::{Bounds, Line};
use davit_core::watch::spec::{After, Changed, Hours, Mode, Moved, Priority, Unit};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A watched folder.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WatchView {
    /// Its identity.
    pub id: WatchId,
    /// What the person calls it, or its last name.
    pub name: String,
    /// Where it lies, for reading only.
    pub folder: String,
    /// The drive that it lies on, where its path, or where that was mounted, has a name for it.
    pub drive: Option<String>,
    /// The destination's label.
    pub destination: String,
    /// The destination.
    pub to: DestinationId,
    /// What is wanted of it.
    pub wishes: Wishes,
    /// What it does.
    pub doing: Doing,
    /// How changes are noticed.
    pub notices: Notices,
    /// Files by what becomes of them.
    pub counts: Counts,
    /// How often the system lost word of something, and what a check found.
    pub lost: u32,
    /// Versions that no word came of, and that a check found.
    pub recovered: u32,
    /// When all of it was last looked at.
    pub checked: Option<UnixTime>,
    /// When a file was last done.
    pub last_done: Option<UnixTime>,
    /// When the system last told of a change.
    pub last_event: Option<UnixTime>,
    /// The last problem.
    pub problem: Option<ErrorCode>,
    /// A file that was uploaded and could not be moved, say.
    pub warning: Option<Warning>,
}

impl From<&Card> for WatchView {
    fn from(card: &Card) -> Self {
        let few = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            id: card.id,
            name: named(&card.spec, &card.path, &card.shown),
            folder: card.shown.clone(),
            drive: card.drive.clone(),
            destination: card.destination.clone(),
            to: card.to.clone(),
            wishes: Wishes::from(&card.spec),
            doing: card.doing,
            notices: card.notices,
            counts: card.counts,
            lost: few(card.counters.lost),
            recovered: few(card.counters.recovered),
            checked: card.counters.checked,
            last_done: card.last_done,
            last_event: card.last_event,
            problem: card.problem,
            warning: card.warning.clone(),
        }
    }
}

/// What a folder is called: as a person wishes, else by its own name, and one that has none by where it lies.
pub(crate) fn named(spec: &Spec, path: &Path, shown: &str) -> String {
    let given = Some(spec.name.trim()).filter(|name| !name.is_empty()).map(str::to_owned);
    let own = || path.file_name().map(|name| name.to_string_lossy().into_owned());
    given.or_else(own).unwrap_or_else(|| shown.to_owned())
}

/// What a person wishes of a watched folder in the window: all but what becomes of that which is there already, which is asked
/// once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Wishes {
    /// What it is called; empty is the folder's own name.
    pub name: String,
    /// Where in the destination files go, with `{date}`, `{host}`, `{user}` and `{folder}` in it; empty is the destination itself.
    pub under: String,
    /// Which files, in order: the first line that matches decides.
    pub lines: Vec<Line>,
    /// What is never taken.
    pub leftovers: Vec<String>,
    /// How large, old and deep.
    pub bounds: Bounds,
    /// Whether files without bytes are taken.
    pub allow_empty: bool,
    /// Seconds for which a file has to stay the same.
    pub settle: u32,
    /// What becomes of a file that is safely there.
    pub after: After,
    /// What to do when the name is taken.
    pub collision: Collision,
    /// What goes as one.
    pub unit: Unit,
    /// Whether a file is sent while it is written.
    pub while_written: bool,
    /// When files are sent; none is always.
    pub hours: Option<Hours>,
    /// Before or after what is given by hand.
    pub priority: Priority,
    /// How changes are noticed.
    pub mode: Mode,
    /// What a move within the folder means.
    pub moved: Moved,
    /// What becomes of a file that changes while it is sent.
    pub changed: Changed,
    /// What becomes of links.
    pub links: Links,
    /// What becomes of files that lie in the cloud.
    pub placeholders: Placeholders,
}

impl From<&Spec> for Wishes {
    fn from(spec: &Spec) -> Self {
        Self {
            name: spec.name.clone(),
            under: spec.under.clone(),
            lines: spec.lines.clone(),
            leftovers: spec.leftovers.clone(),
            bounds: spec.bounds,
            allow_empty: spec.allow_empty,
            settle: spec.settle,
            after: spec.after,
            collision: spec.collision,
            unit: spec.unit,
            while_written: spec.while_written,
            hours: spec.hours.clone(),
            priority: spec.priority,
            mode: spec.mode,
            moved: spec.moved,
            changed: spec.changed,
            links: spec.links,
            placeholders: spec.placeholders,
        }
    }
}

impl Wishes {
    /// Whether they can be wished in the place of what was to become of files before.
    ///
    /// # Errors
    /// `bad-input` for files that would be deleted: nobody wishes that by a click.
    pub(crate) fn check(&self, before: After) -> Result<(), Error> {
        if self.after == After::Delete && before != After::Delete {
            return Err(Error::new(ErrorCode::BadInput).detail("deleting is for the command line"));
        }
        Ok(())
    }

    /// The same wishes in what is wanted. What the window does not send stays as it is.
    pub(crate) fn put_into(self, spec: &mut Spec) {
        *spec = Spec {
            name: self.name,
            under: self.under,
            lines: self.lines,
            leftovers: self.leftovers,
            bounds: self.bounds,
            allow_empty: self.allow_empty,
            settle: self.settle,
            after: self.after,
            collision: self.collision,
            unit: self.unit,
            while_written: self.while_written,
            hours: self.hours,
            priority: self.priority,
            mode: self.mode,
            moved: self.moved,
            changed: self.changed,
            links: self.links,
            placeholders: self.placeholders,
            existing: spec.existing,
        };
    }

    /// What is wished otherwise than `before`. The rest stays as it is wanted by then, whoever changed it meanwhile.
    pub(crate) fn changes(self, before: Self) -> impl FnOnce(&mut Spec) + Send + 'static {
        macro_rules! put {
            ($wishes:ident, $before:ident, $spec:ident: $($wish:ident),* $(,)?) => {
                // One that is not named here does not compile.
                let Wishes { $($wish),* } = $wishes;
                $(if $wish != $before.$wish {
                    $spec.$wish = $wish;
                })*
            };
        }
        let wishes = self;
        move |spec: &mut Spec| {
            put!(
                wishes, before, spec: name, under, lines, leftovers, bounds, allow_empty, settle, after, collision, unit,
                while_written, hours, priority, mode, moved, changed, links, placeholders,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use davit_core::bandwidth::{Day, Days};
    use davit_core::units::ByteCount;
    use davit_core::watch::spec::Existing;

    use super::*;

    /// Everything other than most people want it.
    fn odd() -> Spec {
        Spec {
            name: "Camera ingest".to_owned(),
            under: "{host}/{date}".to_owned(),
            settle: 45,
            allow_empty: false,
            leftovers: vec!["*.cache".to_owned()],
            lines: vec![
                Line::Exclude("*.proxy.mov".to_owned()),
                Line::Include("*.mov".to_owned()),
                Line::Exclude("*".to_owned()),
            ],
            bounds: Bounds { least: Some(ByteCount(1)), most: Some(ByteCount(9)), age: Some(60), depth: Some(2) },
            existing: Existing::NewOnly,
            mode: Mode::Poll,
            unit: Unit::TopFolder,
            moved: Moved::Uploaded,
            collision: Collision::Fail,
            after: After::Delete,
            priority: Priority::First,
            hours: Some(Hours { days: Days([Day::Sat].into_iter().collect()), from: 60, to: 120 }),
            links: Links::Followed,
            placeholders: Placeholders::Fetched,
            // Beside whole folders nothing is sent while it is written.
            while_written: false,
            changed: Changed::FinishedFirst,
        }
    }

    #[test]
    fn a_setting_that_the_window_does_not_send_is_never_lost() {
        let before = odd();
        let same = Wishes::from(&before);
        same.check(before.after).expect("as it was");
        let mut after = before.clone();
        same.put_into(&mut after);
        assert_eq!(after, before, "what is saved unchanged is unchanged");
        let mut usual = Spec { existing: Existing::All, ..Spec::default() };
        Wishes::from(&before).put_into(&mut usual);
        assert_eq!(
            usual,
            Spec { existing: Existing::All, ..before.clone() },
            "all but the answer is the window's to wish"
        );
        // Another answer meanwhile stays beside the change.
        let wished = Wishes { settle: 10, after: After::Keep, ..Wishes::from(&before) };
        let mut meanwhile = Spec { existing: Existing::All, ..before.clone() };
        wished.put_into(&mut meanwhile);
        assert_eq!(meanwhile, Spec { settle: 10, after: After::Keep, existing: Existing::All, ..before });
    }

    #[test]
    fn a_folder_is_called_as_a_person_wishes_or_by_its_own_name() {
        let given = |name: &str| Spec { name: name.to_owned(), ..Spec::default() };
        let called = |spec: &Spec| named(spec, Path::new("/media/raid-02/Ingest"), "/media/raid-02/Ingest");
        assert_eq!(called(&given("Camera ingest")), "Camera ingest");
        assert_eq!(called(&given("  ")), "Ingest");
        assert_eq!(named(&Spec::default(), Path::new("/"), "/"), "/");
    }

    #[test]
    fn nobody_wishes_by_a_click_that_files_are_deleted() {
        let wished = Wishes::from(&odd());
        assert_eq!(wished.check(After::Keep).expect_err("refused").code, ErrorCode::BadInput);
        wished.check(After::Delete).expect("wished at the command line");
        // Taken back there while a sheet is open, it stays so.
        let mut meanwhile = Spec { after: After::Keep, ..odd() };
        wished.clone().changes(wished)(&mut meanwhile);
        assert_eq!(meanwhile, Spec { after: After::Keep, ..odd() });
    }

    #[test]
    fn what_is_set_while_a_sheet_is_open_stays_unless_it_is_changed_there_too() {
        let before = Wishes::from(&Spec::default());
        let mut spec = Spec { hours: odd().hours, after: After::Trash, settle: 30, ..Spec::default() };
        let wished = Wishes { settle: 120, after: After::Move, ..before.clone() };
        wished.changes(before.clone())(&mut spec);
        assert_eq!(spec, Spec { hours: odd().hours, after: After::Move, settle: 120, ..Spec::default() });
        before.clone().changes(before.clone())(&mut spec);
        assert_eq!(spec.settle, 120, "nothing was changed");
        let mut all = Spec { existing: Existing::NewOnly, ..Spec::default() };
        Wishes::from(&odd()).changes(before)(&mut all);
        assert_eq!(all, odd(), "and each wish can be");
    }

    #[test]
    fn wishes_cross_to_the_page_and_back_as_they_are_and_what_cannot_be_is_refused_here() {
        let wished = Wishes::from(&odd());
        let text = serde_json::to_string(&wished).expect("text");
        assert_eq!(serde_json::from_str::<Wishes>(&text).expect("read"), wished);
        let usual = || Wishes::from(&Spec::default());
        let bounds = Bounds { least: Some(ByteCount(2)), most: Some(ByteCount(1)), ..Bounds::default() };
        for bad in [
            Wishes { settle: 0, ..usual() },
            Wishes { under: "{when}".to_owned(), ..usual() },
            Wishes { leftovers: vec!["a[".to_owned()], ..usual() },
            Wishes { bounds, ..usual() },
            Wishes { hours: Some(Hours { days: Days::default(), from: 0, to: 0 }), ..usual() },
            Wishes { unit: Unit::TopFolder, while_written: true, ..usual() },
        ] {
            let mut spec = Spec::default();
            bad.put_into(&mut spec);
            assert_eq!(spec.check().expect_err("refused").code, ErrorCode::BadInput);
        }
    }
}
