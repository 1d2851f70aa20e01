//! Where runs are killed: before and after every effect, every part, every commit, and every kind of what is recorded.

use std::fmt;

use davit_core::ids::UploadId;
use davit_core::transfer::Effect;

use Way::{Asked, Changed, First, GoneOn, KeptOut, Missing, Overtaken, Taken, Unclear};

/// What leads a run to a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The first run passes it.
    First,
    /// It goes on after a kill among its parts.
    GoneOn,
    /// It goes on after a kill when an upload may just have been opened.
    Asked,
    /// It goes on after a kill when an object may just have been made.
    Unclear,
    /// It goes on, and the source is another version.
    Changed,
    /// The same, and the former version had just become an object.
    Overtaken,
    /// It goes on, and the name is another's: it goes beside that.
    Taken,
    /// The same, and it must not go beside.
    KeptOut,
    /// Something that is not there was given besides.
    Missing,
}

/// One place, and one side of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) name: &'static str,
    pub(super) side: &'static str,
    /// How often a run passes it for certain.
    pub(super) passes: usize,
    pub(super) ways: &'static [Way],
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.side, self.name)
    }
}

/// Every point, in the order in which they are walked.
pub(super) fn all() -> Vec<Point> {
    let effects = effects().map(|effect| (effect.name(), way_to(&effect)));
    let effects = effects.into_iter().map(|(name, (passes, ways))| (name, passes, ways));
    let table = effects.chain(OTHERS.iter().copied());
    let sides = |(name, passes, ways)| ["before", "after"].map(|side| Point { name, side, passes, ways });
    table.flat_map(sides).collect()
}

fn effects() -> [Effect; 14] {
    let upload = || UploadId(String::new());
    [
        Effect::Open,
        Effect::Create,
        Effect::Reconcile(upload()),
        Effect::SendParts(upload()),
        Effect::Put,
        Effect::Complete(upload()),
        Effect::Look,
        Effect::LookBack,
        Effect::TakeNew,
        Effect::Abort(upload()),
        Effect::ForgetParts,
        Effect::ForgetPlan,
        Effect::NextName,
        Effect::Stop,
    ]
}

/// What leads to an effect. Whoever adds one adds it to the list above, too.
fn way_to(effect: &Effect) -> (usize, &'static [Way]) {
    match effect {
        Effect::Open => (4, &[First]),
        Effect::Create | Effect::SendParts(_) => (2, &[First]),
        Effect::Put => (2, &[First]),
        Effect::Complete(_) => (2, &[First]),
        Effect::Reconcile(_) => (1, &[GoneOn]),
        Effect::Look => (1, &[Unclear]),
        Effect::LookBack | Effect::TakeNew => (1, &[Overtaken]),
        Effect::Abort(_) | Effect::ForgetParts => (1, &[Changed, Taken, KeptOut]),
        Effect::ForgetPlan => (1, &[Changed]),
        Effect::Stop => (1, &[Changed, KeptOut]),
        Effect::NextName => (1, &[Taken]),
    }
}

/// What is no effect. Of what is recorded there is left out what this command never does: taking a row off the list, and
/// receipts for a company.
const OTHERS: [(&str, usize, &[Way]); 25] = [
    ("part", 5, &[First]),
    ("journal", 6, &[First, GoneOn, Changed, Taken]),
    ("record-batch", 1, &[First, GoneOn]),
    ("record-bind-batch", 1, &[First]),
    ("record-told", 1, &[First, GoneOn]),
    ("record-item", 2, &[First]),
    ("record-joins", 2, &[GoneOn]),
    ("record-counted", 1, &[First]),
    ("record-transfer", 4, &[First]),
    ("record-standing", 8, &[First]),
    ("record-opened", 4, &[First]),
    ("record-forget-plan", 1, &[Changed]),
    ("record-key", 1, &[Taken]),
    ("record-part", 5, &[First]),
    ("record-forget-parts", 1, &[GoneOn, Changed, Taken]),
    ("record-proof", 4, &[First]),
    ("record-skip", 1, &[First]),
    ("record-forget-skips", 1, &[First]),
    ("record-refused", 1, &[Missing]),
    ("record-goes-on", 1, &[First]),
    ("record-lost", 1, &[Asked]),
    ("record-leftover", 1, &[Changed, Taken, KeptOut]),
    ("record-gone", 1, &[Changed, Taken, KeptOut]),
    ("record-problem", 1, &[KeptOut]),
    ("record-happened", 4, &[First]),
];
