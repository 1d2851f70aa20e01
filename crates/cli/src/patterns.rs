//! Patterns as they are typed: those that are taken and those that are left in one order, of which the first that matches decides.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use davit_core::watch::rules::Line;

const INCLUDE: &str = "include";
const EXCLUDE: &str = "exclude";

/// All that were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Patterns(pub(crate) Vec<Line>);

impl FromArgMatches for Patterns {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut all = of(matches, INCLUDE, Line::Include);
        all.extend(of(matches, EXCLUDE, Line::Exclude));
        all.sort_by_key(|(at, _)| *at);
        Ok(Self(all.into_iter().map(|(_, line)| line).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Those of one flag, each with its place among all words.
fn of(matches: &ArgMatches, flag: &str, line: fn(String) -> Line) -> Vec<(usize, Line)> {
    let words = matches.get_many::<String>(flag).into_iter().flatten();
    let places = matches.indices_of(flag).into_iter().flatten();
    places.zip(words).map(|(at, word)| (at, line(word.clone()))).collect()
}

impl Args for Patterns {
    fn augment_args(command: Command) -> Command {
        let flag = |name: &'static str, help: &'static str| {
            Arg::new(name).long(name).value_name("PATTERN").action(ArgAction::Append).help(help)
        };
        command
            .arg(flag(
                INCLUDE,
                "Files that match, as in a gitignore: `*.mov`, `day/`, `/cut/**`. May be given several times. Of these and of those of \
                 `--exclude` the first that matches decides, in the order in which they are typed; where any is typed they are all \
                 patterns there are from then on, and where a file matches none of them it is taken only if none is an `--include`",
            ))
            .arg(flag(EXCLUDE, "No files that match: to be typed before an `--include` that they are taken out of"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
