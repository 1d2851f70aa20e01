//! What is typed of a watched folder, put into what is wanted of it: everything that is not typed stays as it is.

use davit_core::file::{Links, Placeholders};
use davit_core::units::ByteCount;
use davit_core::watch::Spec;
use davit_core::watch::rules::{LEFTOVERS, Line};
use davit_core::watch::spec::{Changed, Mode, Moved, Unit};

use crate::args::Wanted;

/// Puts it there, where it was said.
fn put<T>(said: Option<T>, into: &mut T) {
    if let Some(said) = said {
        *into = said;
    }
}

impl Wanted {
    /// What is wanted of a folder that nothing was wanted of before.
    pub(crate) fn fresh(&self) -> Spec {
        let mut spec = Spec::default();
        self.put_into(&mut spec);
        spec
    }

    /// Changes what is said.
    pub(crate) fn put_into(&self, spec: &mut Spec) {
        put(self.name.clone(), &mut spec.name);
        put(self.under.clone(), &mut spec.under);
        put(self.lines(), &mut spec.lines);
        put(self.leftovers(), &mut spec.leftovers);
        put(self.settle, &mut spec.settle);
        put(self.collision.map(Into::into), &mut spec.collision);
        put(self.after.map(Into::into), &mut spec.after);
        put(self.priority.map(Into::into), &mut spec.priority);
        put(self.depth.map(|bound| bound.0.map(|depth| depth.0)), &mut spec.bounds.depth);
        put(self.least.map(|bound| bound.0.map(|size| ByteCount(size.0))), &mut spec.bounds.least);
        put(self.most.map(|bound| bound.0.map(|size| ByteCount(size.0))), &mut spec.bounds.most);
        put(self.age.map(|bound| bound.0), &mut spec.bounds.age);
        put(self.skip_empty.map(|skips| !skips), &mut spec.allow_empty);
        if self.no_hours {
            spec.hours = None;
        }
        put(self.hours.clone().map(|hours| Some(hours.0)), &mut spec.hours);
        put(self.moved_anew.map(|anew| if anew { Moved::Uploaded } else { Moved::Ignored }), &mut spec.moved);
        let links = |follows| if follows { Links::Followed } else { Links::Skipped };
        put(self.beyond.follow_links.map(links), &mut spec.links);
        let cloud = |fetches| if fetches { Placeholders::Fetched } else { Placeholders::Skipped };
        put(self.beyond.fetch_placeholders.map(cloud), &mut spec.placeholders);
        put(self.whole_folders.map(|whole| if whole { Unit::TopFolder } else { Unit::EachFile }), &mut spec.unit);
        put(self.while_written, &mut spec.while_written);
        let changed = |first| if first { Changed::FinishedFirst } else { Changed::BegunAnew };
        put(self.finish_first.map(changed), &mut spec.changed);
        put(self.mode(), &mut spec.mode);
    }

    /// All patterns there are, where any is said, or that there are none.
    fn lines(&self) -> Option<Vec<Line>> {
        let lines = &self.patterns.0;
        (self.all_files || !lines.is_empty()).then(|| lines.clone())
    }

    /// What is never taken, where that is said: what programs usually leave, but for some, and more.
    fn leftovers(&self) -> Option<Vec<String>> {
        if self.never.is_empty() && self.take.is_empty() {
            return None;
        }
        let usual = LEFTOVERS.iter().map(|pattern| (*pattern).to_owned()).filter(|usual| !self.take.contains(usual));
        let mut all: Vec<_> = usual.collect();
        let more: Vec<_> = self.never.iter().filter(|pattern| !all.contains(pattern)).cloned().collect();
        all.extend(more);
        Some(all)
    }

    const fn mode(&self) -> Option<Mode> {
        match (self.poll, self.live) {
            (Some(true), _) => Some(Mode::Poll),
            (_, Some(true)) => Some(Mode::Live),
            (None, None) => None,
            _ => Some(Mode::Auto),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use davit_core::file::Extent;
    use davit_core::watch::spec::After;

    use super::*;
    use crate::args::{Args, Command, Watch};

    fn parsed(words: &[&str]) -> Watch {
        let typed = ["davit", "watch"].iter().chain(words);
        let Command::Watch { command } = Args::try_parse_from(typed).expect("a command").command else {
            panic!("another command")
        };
        command
    }

    /// What is wanted of a folder that is added with these words.
    fn typed(flags: &[&str]) -> Spec {
        let Watch::Add(add) = parsed(&[&["add", "/in"][..], flags].concat()) else { panic!("another command") };
        add.wanted.fresh()
    }

    /// What is wanted of a folder that is changed by these words.
    fn changed(mut spec: Spec, flags: &[&str]) -> Spec {
        let Watch::Change(change) = parsed(&[&["change", "1"][..], flags].concat()) else { panic!("another command") };
        change.wanted.put_into(&mut spec);
        spec
    }

    #[test]
    fn what_is_not_typed_is_as_usual_of_a_new_folder_and_as_it_was_of_another() {
        assert_eq!(typed(&[]), Spec::default());
        let all = [
            "--name=Camera ingest",
            "--under=rushes",
            "--include=*.mov",
            "--exclude=*.raw",
            "--settle=2min",
            "--collision=fail",
            "--after=trash",
            "--priority=first",
            "--depth=2",
            "--least=1",
            "--most=9",
            "--age=1h",
            "--skip-empty",
            "--never=*.cache",
            "--take=.*",
            "--hours=20:00-06:00",
            "--moved-anew",
            "--follow-links",
            "--fetch-placeholders",
            "--whole-folders",
            "--finish-first",
            "--poll",
        ];
        let before = typed(&all);
        assert_eq!(changed(before.clone(), &[]), before);
        let after = changed(before.clone(), &["--after", "delete"]);
        assert_eq!(after, Spec { after: After::Delete, ..before });
    }

    #[test]
    fn what_is_wanted_no_more_can_be_said() {
        let before =
            typed(&["--include=*.mov", "--depth=2", "--age=1h", "--hours=20:00-06:00", "--while-written", "--live"]);
        let none = ["--all-files", "--depth=none", "--age=none", "--no-hours", "--while-written=false", "--live=false"];
        assert_eq!(changed(before, &none), Spec::default());
        let fewer = changed(typed(&["--never=*.cache", "--take=.*"]), &["--never=*.tmp"]);
        assert_eq!(fewer, Spec::default(), "the usual ones, each once");
    }

    #[test]
    fn patterns_that_are_given_are_all_there_are() {
        let before = typed(&["--include=*.mov", "--exclude=*.raw"]);
        let now = changed(before, &["--exclude", "*.tmp.mov"]);
        assert_eq!(now.lines, [Line::Exclude("*.tmp.mov".to_owned())]);
    }

    /// W18.
    #[test]
    fn patterns_have_the_order_in_which_they_are_typed() {
        let spec = typed(&["--include=keep/*.tif", "--settle=1s", "--exclude=*.tif", "--include", "*"]);
        let [keep, all] = ["keep/*.tif", "*"].map(|pattern| Line::Include(pattern.to_owned()));
        assert_eq!(spec.lines, [keep, Line::Exclude("*.tif".to_owned()), all]);
    }

    /// W12.
    #[test]
    fn what_is_replaced_while_it_is_sent_is_finished_first_where_a_person_says_so() {
        assert_eq!(typed(&[]).changed, Changed::BegunAnew);
        assert_eq!(typed(&["--finish-first"]).changed, Changed::FinishedFirst);
    }

    /// W16, W17.
    #[test]
    fn links_are_followed_and_placeholders_fetched_where_a_person_says_so() {
        let extent = |flags: &[&str]| typed(flags).extent();
        assert_eq!(extent(&[]), Extent::default());
        let all = Extent { links: Links::Followed, placeholders: Placeholders::Fetched };
        assert_eq!(extent(&["--follow-links", "--fetch-placeholders"]), all);
        assert_eq!(extent(&["--follow-links"]), Extent { links: Links::Followed, ..Extent::default() });
    }
}
