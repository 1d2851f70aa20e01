//! The states of a transfer and every step between them. Pure: no disk, no network, no clock.
//!
//! Order is law: **record, act, record the outcome**. [`step`] answers the new [`Standing`], which is journaled before
//! any of the effects is performed (but for a look at a file in line, which asks for nothing); what an effect brings comes back as the next [`Input`].

use serde::{Deserialize, Serialize};

use crate::engine::feed::PausedBy;
use crate::error::ErrorCode;
use crate::ids::UploadId;
use crate::session::Collision;
use crate::transfer::Plan;
use crate::units::UnixTime;

/// Where a transfer stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum TransferState {
    /// In line.
    Queued,
    /// The source is opened and identified, the plan made, what S3 has found out.
    Preparing,
    /// Bytes flow.
    Uploading,
    /// All parts are there; S3 was asked to put them together.
    Completing,
    /// The answer to Complete is not known; the store is asked what it holds.
    Verifying,
    /// The object is there and its checksum equals ours.
    Done {
        /// The object's `ETag`.
        etag: String,
        /// Since when.
        at: UnixTime,
    },
    /// At rest until somebody resumes it.
    Paused {
        /// By whom.
        by: PausedBy,
        /// Since when.
        since: UnixTime,
    },
    /// At rest, goes on by itself.
    Waiting {
        /// What for.
        code: ErrorCode,
        /// When it tries again, where that is known.
        until: Option<UnixTime>,
    },
    /// Needs the person.
    Failed {
        /// Why.
        code: ErrorCode,
    },
    /// Given up. Final once what S3 holds is swept.
    Cancelled {
        /// Since when.
        at: UnixTime,
    },
}

/// What S3 holds of it, as far as recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "upload", rename_all = "kebab-case")]
pub enum OnS3 {
    /// Nothing that is known.
    #[default]
    Nothing,
    /// An unfinished upload.
    Upload(UploadId),
    /// An upload whose completion was asked for; it may be the object by now.
    Completing(UploadId),
    /// A single request was sent; it may be the object by now.
    Putting,
    /// No upload any more, and perhaps the object: who was to look had no right to. Told under this rule for taken names;
    /// under another one the person chose another answer.
    Unclear(Collision),
}

/// All that is durable about a transfer's progress besides its parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// What it does.
    pub state: TransferState,
    /// What S3 holds.
    pub on_s3: OnS3,
}

impl Standing {
    /// A new transfer.
    pub const NEW: Self = Self { state: TransferState::Queued, on_s3: OnS3::Nothing };

    /// The same where no request that makes the object can have done so: none was sent whole, or each was refused.
    #[must_use]
    pub fn unasked(self) -> Self {
        let on_s3 = match self.on_s3 {
            OnS3::Putting => OnS3::Nothing,
            OnS3::Completing(id) => OnS3::Upload(id),
            other @ (OnS3::Nothing | OnS3::Upload(_) | OnS3::Unclear(_)) => other,
        };
        Self { on_s3, ..self }
    }
}

/// What the store holds at the key, asked after an unclear answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Our object: our token, our size, our checksum.
    Ours {
        /// Its `ETag`.
        etag: String,
    },
    /// No object.
    Absent,
    /// Somebody else's object.
    Other,
    /// No right to look.
    Unknown,
}

/// What can happen to a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A slot is free.
    Admit,
    /// The source is open and this is its plan.
    Opened {
        /// The plan recorded before, or a fresh one.
        plan: Plan,
    },
    /// The source is not the file the upload began with.
    SourceChanged,
    /// The source is not the version that a watched folder found whole: it is to be left alone first.
    Unsettled(UnixTime),
    /// Neither is it, and a request that makes the object was asked and not answered.
    ChangedUnanswered,
    /// S3 opened an upload.
    Created(UploadId),
    /// S3 was asked for the parts it has.
    Reconciled {
        /// Whether the upload still exists.
        exists: bool,
    },
    /// Every part is acknowledged and journaled.
    AllSent,
    /// The object is there, and S3's checksum equals ours.
    Stored {
        /// Its `ETag`.
        etag: String,
        /// When.
        at: UnixTime,
    },
    /// S3 does not know the upload that was to be completed, or the answer was lost for good.
    Unclear,
    /// S3 has other parts than those it was asked to put together.
    PartsDiffer,
    /// S3 says that it does not know the upload, and none of our requests can have ended it.
    UploadGone,
    /// What the store holds.
    Looked(Found, UnixTime),
    /// What the store holds of the version that the source was before it changed. No upload of it is left, but where the
    /// object is not there.
    LookedBack(Found, UnixTime),
    /// Whether the object is ours cannot be known, and no upload is left. Told under this rule for taken names.
    Unknowable(Collision),
    /// The key is taken; upload beside it under the next free name.
    KeyTaken,
    /// Something is in the way that passes by itself.
    Trouble {
        /// What.
        code: ErrorCode,
        /// When to try again.
        until: Option<UnixTime>,
    },
    /// What was waited for is over.
    Wake,
    /// Something is in the way that needs the person.
    Fail(ErrorCode),
    /// The person, the schedule or the system wants rest.
    Pause(PausedBy, UnixTime),
    /// Go on.
    Resume,
    /// Try what failed again, from the source as it is now.
    Retry,
    /// Try what failed again, under another name than the one that is taken.
    KeepBoth,
    /// It was given again, and the source is another version than the one that is there.
    Anew,
    /// Give up.
    Cancel(UnixTime),
    /// Take a cancel back.
    Undo,
    /// The time for undo is over.
    Sweep,
    /// What S3 held is gone.
    Swept,
    /// The process was started anew; whatever ran, runs no more.
    Restarted,
}

impl Input {
    /// Whether what runs rests by it, for now or for good.
    pub const fn rests(&self) -> bool {
        matches!(self, Self::Trouble { .. } | Self::Fail(_) | Self::Pause(..) | Self::Cancel(_) | Self::Restarted)
    }
}

/// What is to be done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Open and identify the source, make or check the plan. Brings `Opened`, `SourceChanged` or an error.
    Open,
    /// Ask S3 for an upload. Brings `Created`.
    Create,
    /// Ask S3 for the parts it has and make the records agree. Brings `Reconciled`.
    Reconcile(UploadId),
    /// Send what is missing. Brings `AllSent`.
    SendParts(UploadId),
    /// Send the whole file in one request. Brings `Stored`.
    Put,
    /// Put the parts together. Brings `Stored` or `Unclear`.
    Complete(UploadId),
    /// Look what the store holds. Brings `Looked`.
    Look,
    /// Look what became of the version that the source was before. Brings `LookedBack`.
    LookBack,
    /// Another version is there than the one that is done. Brings `Anew` where it was given by the present command.
    TakeNew,
    /// Abort an upload in S3. Brings `Swept` where nothing else follows.
    Abort(UploadId),
    /// Forget the parts on record.
    ForgetParts,
    /// Forget plan and fingerprint: the source is taken as it is now.
    ForgetPlan,
    /// Take the next free name beside the key that is taken.
    NextName,
    /// Stop whatever runs.
    Stop,
}

/// A step that does not exist: a fault in the program, never in the world.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{input} cannot happen while {state}")]
pub struct Illegal {
    /// The state, for people who debug.
    pub state: String,
    /// The input, likewise.
    pub input: String,
}

impl Effect {
    /// What it is called in traces and tests.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Create => "create",
            Self::Reconcile(_) => "reconcile",
            Self::SendParts(_) => "send-parts",
            Self::Put => "put",
            Self::Complete(_) => "complete",
            Self::Look => "look",
            Self::LookBack => "look-back",
            Self::TakeNew => "take-new",
            Self::Abort(_) => "abort",
            Self::ForgetParts => "forget-parts",
            Self::ForgetPlan => "forget-plan",
            Self::NextName => "next-name",
            Self::Stop => "stop",
        }
    }
}

/// The new standing and what is to be done, in order.
///
/// # Errors
/// [`Illegal`] when `input` cannot happen in this state; nothing changes then.
pub fn step(now: &Standing, input: Input) -> Result<(Standing, Vec<Effect>), Illegal> {
    use TransferState as S;

    let to = |state: S, on_s3: OnS3| Standing { state, on_s3 };
    let kept = || now.on_s3.clone();
    let illegal = |input: &Input| Err(Illegal { state: format!("{:?}", now.state), input: format!("{input:?}") });
    let running = matches!(now.state, S::Preparing | S::Uploading | S::Completing | S::Verifying);
    let at_end = matches!(now.state, S::Done { .. } | S::Cancelled { .. });

    Ok(match input {
        Input::Admit if now.state == S::Queued => (to(S::Preparing, kept()), vec![Effect::Open]),

        Input::Opened { plan } if now.state == S::Preparing => match (&now.on_s3, plan) {
            (OnS3::Nothing, Plan::Single { .. }) => (to(S::Uploading, OnS3::Putting), vec![Effect::Put]),
            (OnS3::Nothing, Plan::Multipart { .. }) => (to(S::Uploading, OnS3::Nothing), vec![Effect::Create]),
            (OnS3::Upload(id), _) => (to(S::Uploading, kept()), vec![Effect::Reconcile(id.clone())]),
            (OnS3::Completing(_) | OnS3::Putting | OnS3::Unclear(_), _) => {
                (to(S::Verifying, kept()), vec![Effect::Look])
            }
        },
        Input::SourceChanged if running => {
            (to(S::Failed { code: ErrorCode::FileChanged }, OnS3::Nothing), changed(now))
        }
        Input::Unsettled(since) if running => {
            (to(S::Paused { by: PausedBy::Watch, since }, OnS3::Nothing), changed(now))
        }
        Input::ChangedUnanswered if running => (to(S::Verifying, kept()), vec![Effect::Stop, Effect::LookBack]),
        Input::LookedBack(found, at) if now.state == S::Verifying => match found {
            // Done with the version that it was. What it is now is another one.
            Found::Ours { etag } => {
                (to(S::Done { etag, at }, OnS3::Nothing), [given_up(now), vec![Effect::TakeNew]].concat())
            }
            Found::Absent | Found::Other => {
                (to(S::Failed { code: ErrorCode::FileChanged }, OnS3::Nothing), changed(now))
            }
            // Nobody was told yet under a rule that was chosen for it: any other than to fail is an answer.
            Found::Unknown => {
                let effects = vec![Effect::Stop, Effect::ForgetParts, Effect::ForgetPlan];
                (to(S::Failed { code: ErrorCode::OutcomeUnknown }, OnS3::Unclear(Collision::Fail)), effects)
            }
        },
        // Parts and plan stay: they tell the object, once somebody may look.
        Input::Unknowable(under) if running => {
            (to(S::Failed { code: ErrorCode::OutcomeUnknown }, OnS3::Unclear(under)), vec![Effect::Stop])
        }
        Input::Created(id) if now.state == S::Uploading && now.on_s3 == OnS3::Nothing => {
            (to(S::Uploading, OnS3::Upload(id.clone())), vec![Effect::SendParts(id)])
        }
        Input::Reconciled { exists } if now.state == S::Uploading => match (&now.on_s3, exists) {
            // What was asked to be put together stays so on record: that request may still arrive.
            (OnS3::Upload(id) | OnS3::Completing(id), true) => {
                (to(S::Uploading, kept()), vec![Effect::SendParts(id.clone())])
            }
            (OnS3::Upload(_), false) => (to(S::Uploading, OnS3::Nothing), vec![Effect::ForgetParts, Effect::Create]),
            _ => return illegal(&Input::Reconciled { exists }),
        },
        Input::AllSent => match (&now.state, &now.on_s3) {
            (S::Uploading, OnS3::Upload(id) | OnS3::Completing(id)) => {
                (to(S::Completing, OnS3::Completing(id.clone())), vec![Effect::Complete(id.clone())])
            }
            _ => return illegal(&Input::AllSent),
        },
        Input::Stored { etag, at } if matches!(now.state, S::Completing | S::Uploading) => {
            (to(S::Done { etag, at }, OnS3::Nothing), vec![])
        }
        Input::PartsDiffer if now.state == S::Completing => match &now.on_s3 {
            OnS3::Completing(id) => (to(S::Uploading, kept()), vec![Effect::Reconcile(id.clone())]),
            _ => return illegal(&Input::PartsDiffer),
        },
        // Mostly there is nothing left to abort; where the store only says that it must be begun again, there is.
        Input::UploadGone if running => match unfinished(&now.on_s3) {
            Some(id) => {
                let effects = vec![Effect::Abort(id), Effect::ForgetParts, Effect::Create];
                (to(S::Uploading, OnS3::Nothing), effects)
            }
            None => return illegal(&Input::UploadGone),
        },
        Input::Unclear if running => (to(S::Verifying, kept()), vec![Effect::Look]),
        // Mostly the upload became it; one that was begun anew meanwhile did not.
        Input::Looked(Found::Ours { etag }, at) if matches!(now.state, S::Completing | S::Verifying) => {
            (to(S::Done { etag, at }, OnS3::Nothing), given_up(now))
        }
        Input::Looked(found, _) if now.state == S::Verifying => match (found, &now.on_s3) {
            // A single request can simply be sent again: the condition on it tells when the key is taken.
            (_, OnS3::Putting | OnS3::Nothing) => (to(S::Uploading, OnS3::Putting), vec![Effect::Put]),
            // The upload may still be there: Complete may never have arrived. Ask for its parts and go on from them.
            (_, OnS3::Upload(id) | OnS3::Completing(id)) => {
                (to(S::Uploading, kept()), vec![Effect::Reconcile(id.clone())])
            }
            (Found::Ours { .. } | Found::Absent | Found::Other, OnS3::Unclear(_)) => {
                (to(S::Preparing, OnS3::Nothing), vec![Effect::ForgetParts, Effect::Open])
            }
            (Found::Unknown, OnS3::Unclear(_)) => {
                (to(S::Failed { code: ErrorCode::OutcomeUnknown }, kept()), vec![Effect::Stop])
            }
        },
        Input::KeyTaken if running => {
            let effects = [given_up(now), vec![Effect::ForgetParts, Effect::NextName, Effect::Open]].concat();
            (to(S::Preparing, OnS3::Nothing), effects)
        }

        Input::Trouble { code, until } if running => (to(S::Waiting { code, until }, kept()), vec![Effect::Stop]),
        Input::Wake if matches!(now.state, S::Waiting { .. }) => (to(S::Queued, kept()), vec![]),
        Input::Fail(code) if running => {
            // What can never be completed is swept at once; the rest is kept for "Try again".
            let useless = matches!(
                code,
                ErrorCode::AlreadyThere | ErrorCode::CheckMismatch | ErrorCode::NoChecksums | ErrorCode::UploadExpired
            );
            match unfinished(&now.on_s3) {
                Some(id) if useless => {
                    (to(S::Failed { code }, OnS3::Nothing), vec![Effect::Stop, Effect::Abort(id), Effect::ForgetParts])
                }
                _ if useless => (to(S::Failed { code }, OnS3::Nothing), vec![Effect::Stop, Effect::ForgetParts]),
                _ => (to(S::Failed { code }, kept()), vec![Effect::Stop]),
            }
        }
        Input::Pause(by, since) if running || matches!(now.state, S::Queued | S::Waiting { .. }) => {
            (to(S::Paused { by, since }, kept()), vec![Effect::Stop])
        }
        Input::Resume if matches!(now.state, S::Paused { .. } | S::Waiting { .. }) => (to(S::Queued, kept()), vec![]),
        Input::Retry if matches!(now.state, S::Failed { .. }) => (to(S::Queued, kept()), vec![]),
        Input::KeepBoth if matches!(now.state, S::Failed { .. }) => {
            (to(S::Queued, OnS3::Nothing), [given_up(now), vec![Effect::ForgetParts]].concat())
        }
        Input::Anew if matches!(now.state, S::Done { .. }) => {
            (to(S::Queued, OnS3::Nothing), vec![Effect::ForgetParts, Effect::ForgetPlan])
        }
        Input::Cancel(at) if !at_end => (to(S::Cancelled { at }, kept()), vec![Effect::Stop]),
        Input::Undo if matches!(now.state, S::Cancelled { .. }) => (to(S::Queued, kept()), vec![]),
        Input::Sweep if matches!(now.state, S::Cancelled { .. }) => match unfinished(&now.on_s3) {
            Some(id) => (now.clone(), vec![Effect::Abort(id)]),
            None => (now.clone(), vec![]),
        },
        Input::Swept if matches!(now.state, S::Cancelled { .. }) => {
            // An abort says the same of an upload that was removed and of one that became the object before.
            let left = match now.on_s3 {
                OnS3::Completing(_) => OnS3::Unclear(Collision::Fail),
                OnS3::Putting | OnS3::Unclear(_) => kept(),
                OnS3::Nothing | OnS3::Upload(_) => OnS3::Nothing,
            };
            (to(now.state.clone(), left), vec![Effect::ForgetParts])
        }
        Input::Restarted if running || matches!(now.state, S::Waiting { .. }) => (to(S::Queued, kept()), vec![]),
        Input::Restarted => (now.clone(), vec![]),

        other => return illegal(&other),
    })
}

/// What is left of the version that a source was before, given up.
fn changed(now: &Standing) -> Vec<Effect> {
    [vec![Effect::Stop], given_up(now), vec![Effect::ForgetParts, Effect::ForgetPlan]].concat()
}

/// Whatever S3 may still hold, removed.
fn given_up(now: &Standing) -> Vec<Effect> {
    unfinished(&now.on_s3).map(Effect::Abort).into_iter().collect()
}

/// The upload that S3 may still hold.
pub fn unfinished(on_s3: &OnS3) -> Option<UploadId> {
    match on_s3 {
        OnS3::Upload(id) | OnS3::Completing(id) => Some(id.clone()),
        OnS3::Nothing | OnS3::Putting | OnS3::Unclear(_) => None,
    }
}

/// Whether S3 was asked for an upload, and no answer is on record.
pub fn is_asked_for(standing: &Standing) -> bool {
    // A file of one request has its own word for it.
    (&standing.state, &standing.on_s3) == (&TransferState::Uploading, &OnS3::Nothing)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AT: UnixTime = UnixTime(7);

    fn upload() -> UploadId {
        UploadId("u".into())
    }

    fn found() -> impl Strategy<Value = Found> {
        let ours = Found::Ours { etag: "e".into() };
        prop_oneof![Just(ours), Just(Found::Absent), Just(Found::Other), Just(Found::Unknown)]
    }

    fn inputs() -> impl Strategy<Value = Input> {
        let single = Plan::Single { size: 1 };
        let multi = Plan::Multipart { size: 20 << 20, part_size: 8 << 20, count: 3 };
        prop_oneof![
            Just(Input::Admit),
            Just(Input::Opened { plan: single }),
            Just(Input::Opened { plan: multi }),
            Just(Input::SourceChanged),
            Just(Input::Unsettled(AT)),
            Just(Input::ChangedUnanswered),
            Just(Input::Created(upload())),
            any::<bool>().prop_map(|exists| Input::Reconciled { exists }),
            Just(Input::AllSent),
            Just(Input::Stored { etag: "e".into(), at: AT }),
            Just(Input::Unclear),
            Just(Input::UploadGone),
            Just(Input::PartsDiffer),
            found().prop_map(|found| Input::Looked(found, AT)),
            found().prop_map(|found| Input::LookedBack(found, AT)),
            Just(Input::Unknowable(Collision::Fail)),
            Just(Input::KeyTaken),
            Just(Input::Trouble { code: ErrorCode::Offline, until: None }),
            Just(Input::Wake),
            Just(Input::Fail(ErrorCode::AccessDenied)),
            Just(Input::Fail(ErrorCode::AlreadyThere)),
            Just(Input::Pause(PausedBy::You, AT)),
            Just(Input::Resume),
            Just(Input::Retry),
            Just(Input::KeepBoth),
            Just(Input::Anew),
            Just(Input::Cancel(AT)),
            Just(Input::Undo),
            Just(Input::Sweep),
            Just(Input::Swept),
            Just(Input::Restarted),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]
        #[test]
        fn no_upload_is_ever_forgotten_without_an_abort(sequence in proptest::collection::vec(inputs(), 1..60)) {
            let mut now = Standing::NEW;
            for input in sequence {
                let Ok((next, effects)) = step(&now, input.clone()) else { continue };
                if let (Some(before), None) = (unfinished(&now.on_s3), unfinished(&next.on_s3)) {
                    let gone = matches!(&input, Input::Stored { .. } | Input::Swept | Input::Reconciled { exists: false }
                        | Input::Unknowable(_) | Input::LookedBack(Found::Unknown, _));
                    prop_assert!(gone || effects.contains(&Effect::Abort(before)), "{input:?} left an upload behind");
                }
                // Done only by the store's word.
                if matches!(next.state, TransferState::Done { .. }) && !matches!(now.state, TransferState::Done { .. }) {
                    let proven = matches!(input, Input::Stored { .. }
                        | Input::Looked(Found::Ours { .. }, _) | Input::LookedBack(Found::Ours { .. }, _));
                    prop_assert!(proven);
                }
                // Done is an end: nothing leads out of it but another version that was given.
                if input != Input::Anew && matches!(now.state, TransferState::Done { .. }) {
                    prop_assert_eq!(&next.state, &now.state);
                }
                // A part is only sent to an upload that is on record.
                for effect in &effects {
                    if let Effect::SendParts(id) | Effect::Complete(id) = effect {
                        prop_assert_eq!(unfinished(&next.on_s3), Some(id.clone()));
                    }
                }
                now = next;
            }
        }
    }

    #[test]
    fn a_pause_keeps_what_was_sent() {
        let sending = Standing { state: TransferState::Uploading, on_s3: OnS3::Upload(upload()) };
        let (paused, effects) = step(&sending, Input::Pause(PausedBy::You, AT)).expect("can be paused");
        assert_eq!(effects, [Effect::Stop]);
        let (queued, _) = step(&paused, Input::Resume).expect("can be resumed");
        assert_eq!(queued, Standing { state: TransferState::Queued, on_s3: OnS3::Upload(upload()) });
    }

    #[test]
    fn an_unclear_complete_looks_before_it_sends_again() {
        let asked = Standing { state: TransferState::Completing, on_s3: OnS3::Completing(upload()) };
        let (looking, effects) = step(&asked, Input::Unclear).expect("may be unclear");
        assert_eq!(effects, [Effect::Look]);
        let (asking, effects) = step(&looking, Input::Looked(Found::Absent, AT)).expect("an answer");
        assert_eq!((&asking.on_s3, effects), (&OnS3::Completing(upload()), vec![Effect::Reconcile(upload())]));
        let (sending, _) = step(&asking, Input::Reconciled { exists: true }).expect("it is there");
        assert_eq!(sending.on_s3, OnS3::Completing(upload()), "the first Complete may still arrive");
    }

    #[test]
    fn an_upload_beside_an_object_of_ours_is_given_up() {
        let asked = Standing { state: TransferState::Completing, on_s3: OnS3::Completing(upload()) };
        let ours = || Found::Ours { etag: "e".into() };
        let (done, effects) = step(&asked, Input::Looked(ours(), AT)).expect("an answer");
        assert_eq!((done.on_s3, effects), (OnS3::Nothing, vec![Effect::Abort(upload())]));
        let (back, _) = step(&asked, Input::ChangedUnanswered).expect("may change");
        let (_, effects) = step(&back, Input::LookedBack(ours(), AT)).expect("an answer");
        assert_eq!(effects, [Effect::Abort(upload()), Effect::TakeNew]);
    }
}
