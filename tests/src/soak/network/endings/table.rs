//! Every ending, and what is told of it.

use super::Truth::{Beside, Done, Taken, Twice, Unknown};
use super::{Cell, Command, Ending, Fault, Made, Meanwhile, is, not_yet};

const GONE: Fault = Fault::DoneButSays { status: "404 Not Found", code: "NoSuchUpload" };
const BROKE: Fault = Fault::DoneButSays { status: "500 Internal Server Error", code: "InternalError" };
const BROKE_IN_200: Fault = Fault::DoneButSays { status: "200 OK", code: "InternalError" };
const CONFLICT: Fault = Fault::Says { status: "409 Conflict", code: "ConditionalRequestConflict" };
const OTHER_PARTS: Fault = Fault::Says { status: "400 Bad Request", code: "InvalidPart" };

/// Whatever was asked for.
const fn all(cell: Cell) -> [Cell; 3] {
    [cell; 3]
}

/// Another's object is there: left, kept beside, or replaced, as asked.
const AS_ASKED: [Cell; 3] = [is(Taken), is(Beside), is(Done)];
/// A small file that the store may have, and nobody may look: a second copy beside it is safe, another's is not replaced,
/// and what may be replaced is simply sent again.
const BLIND_WHOLE: [Cell; 3] = [is(Unknown), is(Twice), is(Done)];

/// A command that ended as `outcome-unknown` is given again: of parts, and whole.
pub(super) const ASKED_AGAIN: [[Cell; 3]; 2] =
    [[not_yet(Unknown), not_yet(Unknown), is(Done)], [not_yet(Unknown), is(Twice), is(Done)]];

const fn parts(what: &'static str, fault: Option<(Fault, u32)>, seen: [Cell; 3], blind: [Cell; 3]) -> Ending {
    let (made, command, meanwhile) = (Made::OfParts, Command::Runs, Meanwhile::Nothing);
    Ending { what, made, command, meanwhile, fault, refused: false, opened: [1, 1], seen, blind }
}

const fn whole(what: &'static str, fault: Option<(Fault, u32)>, seen: [Cell; 3], blind: [Cell; 3]) -> Ending {
    Ending { made: Made::Whole, ..parts(what, fault, seen, blind) }
}

impl Ending {
    const fn refused(mut self) -> Self {
        self.refused = true;
        self
    }

    const fn theirs(mut self) -> Self {
        self.meanwhile = Meanwhile::Theirs;
        self
    }

    const fn expires(mut self, opened: [u32; 2]) -> Self {
        self.meanwhile = Meanwhile::Expires;
        self.opened = opened;
        self
    }

    const fn killed(mut self, command: Command) -> Self {
        self.command = command;
        self
    }

    const fn opened(mut self, opened: [u32; 2]) -> Self {
        self.opened = opened;
        self
    }
}

#[rustfmt::skip] // A table.
pub(super) static ENDINGS: &[Ending] = &[
    // The store has it, and does not say so. Asked again it says that the upload is gone, or that the name is taken.
    parts("the answer is lost", Some((Fault::Lost, 1)), all(is(Done)), all(is(Unknown))),
    parts("the answer is lost, and then the name is taken: by ours", Some((Fault::Lost, 1)), all(is(Done)), all(is(Unknown))).refused(),
    parts("the answer breaks off in its head", Some((Fault::Truncated, 1)), all(is(Done)), all(is(Unknown))),
    parts("the answer breaks off in its body", Some((Fault::HalfBody, 1)), all(is(Done)), all(is(Unknown))),
    parts("500, and it is done", Some((BROKE, 1)), all(is(Done)), all(is(Unknown))),
    parts("500, and it is done, and then the name is taken: by ours", Some((BROKE, 1)), all(is(Done)), all(is(Unknown))).refused(),
    parts("an error in a 200, and it is done", Some((BROKE_IN_200, 1)), all(is(Done)), all(is(Unknown))),
    parts("killed before the answer", None, all(is(Done)), all(is(Unknown))).killed(Command::KilledAfter),
    parts("killed before the answer, and then the name is taken: by ours", None, all(is(Done)), all(is(Unknown))).refused().killed(Command::KilledAfter),
    // Somebody on the way asked twice: nothing that we know of went wrong.
    parts("NoSuchUpload, and it is done", Some((GONE, 1)), [not_yet(Done), not_yet(Done), is(Done)], [not_yet(Unknown), not_yet(Unknown), is(Done)]).opened([2, 2]),
    // The store has not done it, and everything is as it was.
    parts("500, and it is not done", Some((Fault::INTERNAL, 1)), all(is(Done)), all(is(Done))),
    parts("503, and it is not done", Some((Fault::BUSY, 1)), all(is(Done)), all(is(Done))),
    parts("an error in a 200, and it is not done", Some((Fault::ERROR_IN_200, 1)), all(is(Done)), all(is(Done))),
    parts("reset before it arrives", Some((Fault::ResetBefore, 1)), all(is(Done)), all(is(Done))),
    parts("409, another request for the key", Some((CONFLICT, 2)), all(is(Done)), all(is(Done))),
    parts("400, other parts", Some((OTHER_PARTS, 1)), all(is(Done)), all(is(Done))),
    parts("killed before it is asked for", None, all(is(Done)), all(is(Done))).killed(Command::KilledBefore),
    // The upload is gone, and there is no object.
    parts("removed by the lifecycle", None, all(is(Done)), all(is(Done))).expires([2, 2]),
    parts("reset before it arrives, and removed by the lifecycle", Some((Fault::ResetBefore, 1)), all(is(Done)), all(is(Unknown))).expires([2, 1]),
    // Another's object is there.
    parts("taken by another's", None, AS_ASKED, AS_ASKED).theirs(),
    parts("503, and taken by another's", Some((Fault::BUSY, 1)), AS_ASKED, AS_ASKED).theirs(),
    parts("500, and taken by another's", Some((Fault::INTERNAL, 1)), AS_ASKED, AS_ASKED).theirs(),
    parts("409, and taken by another's", Some((CONFLICT, 1)), AS_ASKED, AS_ASKED).theirs(),
    parts("reset before it arrives, and taken by another's", Some((Fault::ResetBefore, 1)), AS_ASKED, AS_ASKED).theirs(),

    // The same in one request.
    whole("the answer is lost", Some((Fault::Lost, 1)), all(is(Done)), BLIND_WHOLE),
    whole("the answer breaks off in its head", Some((Fault::Truncated, 1)), all(is(Done)), BLIND_WHOLE),
    whole("500, and it is done", Some((BROKE, 1)), all(is(Done)), BLIND_WHOLE),
    whole("killed before the answer", None, all(is(Done)), BLIND_WHOLE).killed(Command::KilledAfter),
    whole("500, and it is not done", Some((Fault::INTERNAL, 1)), all(is(Done)), all(is(Done))),
    whole("503, and it is not done", Some((Fault::BUSY, 1)), all(is(Done)), all(is(Done))),
    whole("reset before it arrives", Some((Fault::ResetBefore, 1)), all(is(Done)), all(is(Done))),
    whole("409, another request for the key", Some((CONFLICT, 2)), all(is(Done)), all(is(Done))),
    whole("killed before it is asked for", None, all(is(Done)), all(is(Done))).killed(Command::KilledBefore),
    whole("taken by another's", None, AS_ASKED, AS_ASKED).theirs(),
    // 503 is a no: the store has not done it.
    whole("503, and taken by another's", Some((Fault::BUSY, 1)), AS_ASKED, [not_yet(Taken), is(Beside), is(Done)]).theirs(),
    whole("409, and taken by another's", Some((CONFLICT, 1)), AS_ASKED, [not_yet(Taken), is(Beside), is(Done)]).theirs(),
    whole("500, and taken by another's", Some((Fault::INTERNAL, 1)), AS_ASKED, [is(Unknown), is(Beside), is(Done)]).theirs(),
    whole("reset before it arrives, and taken by another's", Some((Fault::ResetBefore, 1)), AS_ASKED, [is(Unknown), is(Beside), is(Done)]).theirs(),
];
