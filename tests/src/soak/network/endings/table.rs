//! Every ending, and what is told of it.

use super::Truth::{Beside, Done, Taken, Twice, Unknown};
use super::{Command, Ending, Fault, Made, Meanwhile, Truth};

const GONE: Fault = Fault::DoneButSays { status: "404 Not Found", code: "NoSuchUpload" };
const BROKE: Fault = Fault::DoneButSays { status: "500 Internal Server Error", code: "InternalError" };
const BROKE_IN_200: Fault = Fault::DoneButSays { status: "200 OK", code: "InternalError" };
const CONFLICT: Fault = Fault::Says { status: "409 Conflict", code: "ConditionalRequestConflict" };
const OTHER_PARTS: Fault = Fault::Says { status: "400 Bad Request", code: "InvalidPart" };

/// Whatever was asked for.
const fn all(truth: Truth) -> [Truth; 3] {
    [truth; 3]
}

/// Another's object is there: left, kept beside, or replaced, as asked.
const AS_ASKED: [Truth; 3] = [Taken, Beside, Done];
/// A small file that the store may have, and nobody may look: a second copy beside it is safe, another's is not replaced,
/// and what may be replaced is simply sent again.
const BLIND_WHOLE: [Truth; 3] = [Unknown, Twice, Done];

const fn parts(what: &'static str, fault: Option<(Fault, u32)>, seen: [Truth; 3], blind: [Truth; 3]) -> Ending {
    let (made, command, meanwhile) = (Made::OfParts, Command::Runs, Meanwhile::Nothing);
    Ending { what, made, command, meanwhile, fault, refused: false, seen, blind }
}

const fn whole(what: &'static str, fault: Option<(Fault, u32)>, seen: [Truth; 3], blind: [Truth; 3]) -> Ending {
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

    const fn expires(mut self) -> Self {
        self.meanwhile = Meanwhile::Expires;
        self
    }

    const fn killed(mut self, command: Command) -> Self {
        self.command = command;
        self
    }
}

#[rustfmt::skip] // A table.
pub(super) static ENDINGS: &[Ending] = &[
    // The store has it, and does not say so. Asked again it says that the upload is gone, or that the name is taken.
    parts("the answer is lost", Some((Fault::Lost, 1)), all(Done), all(Unknown)),
    parts("the answer is lost, and then the name is taken: by ours", Some((Fault::Lost, 1)), all(Done), all(Unknown)).refused(),
    parts("the answer breaks off in its head", Some((Fault::Truncated, 1)), all(Done), all(Unknown)),
    parts("the answer breaks off in its body", Some((Fault::HalfBody, 1)), all(Done), all(Unknown)),
    parts("500, and it is done", Some((BROKE, 1)), all(Done), all(Unknown)),
    parts("500, and it is done, and then the name is taken: by ours", Some((BROKE, 1)), all(Done), all(Unknown)).refused(),
    parts("an error in a 200, and it is done", Some((BROKE_IN_200, 1)), all(Done), all(Unknown)),
    parts("killed before the answer", None, all(Done), all(Unknown)).killed(Command::KilledAfter),
    parts("killed before the answer, and then the name is taken: by ours", None, all(Done), all(Unknown)).refused().killed(Command::KilledAfter),
    // Somebody on the way asked twice: nothing that we know of went wrong.
    parts("NoSuchUpload, and it is done", Some((GONE, 1)), all(Done), all(Unknown)),
    // The store has not done it, and everything is as it was.
    parts("500, and it is not done", Some((Fault::INTERNAL, 1)), all(Done), all(Done)),
    parts("503, and it is not done", Some((Fault::BUSY, 1)), all(Done), all(Done)),
    parts("an error in a 200, and it is not done", Some((Fault::ERROR_IN_200, 1)), all(Done), all(Done)),
    parts("reset before it arrives", Some((Fault::ResetBefore, 1)), all(Done), all(Done)),
    parts("409, another request for the key", Some((CONFLICT, 2)), all(Done), all(Done)),
    parts("400, other parts", Some((OTHER_PARTS, 1)), all(Done), all(Done)),
    parts("killed before it is asked for", None, all(Done), all(Done)).killed(Command::KilledBefore),
    // The upload is gone, and there is no object.
    parts("removed by the lifecycle", None, all(Done), all(Unknown)).expires(),
    parts("reset before it arrives, and removed by the lifecycle", Some((Fault::ResetBefore, 1)), all(Done), all(Unknown)).expires(),
    // Another's object is there.
    parts("taken by another's", None, AS_ASKED, AS_ASKED).theirs(),
    parts("503, and taken by another's", Some((Fault::BUSY, 1)), AS_ASKED, AS_ASKED).theirs(),
    parts("500, and taken by another's", Some((Fault::INTERNAL, 1)), AS_ASKED, AS_ASKED).theirs(),
    parts("409, and taken by another's", Some((CONFLICT, 1)), AS_ASKED, AS_ASKED).theirs(),
    parts("reset before it arrives, and taken by another's", Some((Fault::ResetBefore, 1)), AS_ASKED, AS_ASKED).theirs(),

    // The same in one request.
    whole("the answer is lost", Some((Fault::Lost, 1)), all(Done), BLIND_WHOLE),
    whole("the answer breaks off in its head", Some((Fault::Truncated, 1)), all(Done), BLIND_WHOLE),
    whole("500, and it is done", Some((BROKE, 1)), all(Done), BLIND_WHOLE),
    whole("killed before the answer", None, all(Done), BLIND_WHOLE).killed(Command::KilledAfter),
    whole("500, and it is not done", Some((Fault::INTERNAL, 1)), all(Done), all(Done)),
    whole("503, and it is not done", Some((Fault::BUSY, 1)), all(Done), all(Done)),
    whole("reset before it arrives", Some((Fault::ResetBefore, 1)), all(Done), all(Done)),
    whole("409, another request for the key", Some((CONFLICT, 2)), all(Done), all(Done)),
    whole("killed before it is asked for", None, all(Done), all(Done)).killed(Command::KilledBefore),
    whole("taken by another's", None, AS_ASKED, AS_ASKED).theirs(),
    // 503 is a no: the store has not done it.
    whole("503, and taken by another's", Some((Fault::BUSY, 1)), AS_ASKED, AS_ASKED).theirs(),
    whole("409, and taken by another's", Some((CONFLICT, 1)), AS_ASKED, AS_ASKED).theirs(),
    whole("500, and taken by another's", Some((Fault::INTERNAL, 1)), AS_ASKED, [Unknown, Beside, Done]).theirs(),
    whole("reset before it arrives, and taken by another's", Some((Fault::ResetBefore, 1)), AS_ASKED, [Unknown, Beside, Done]).theirs(),
];
