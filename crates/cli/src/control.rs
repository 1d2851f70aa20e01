//! `davit pause|resume|cancel|earlier|later`: asks the process that is at work, or changes the records when none is, and says what
//! became of it.

mod became;

use davit_core::engine::feed::Action;
use davit_core::error::Result;
use davit_core::ids::TransferId;
use davit_core::journal::{Left, Reader};
use davit_core::uploader::control::{self, Reply, Request};
use davit_core::uploader::{Options, Uploader};

use crate::args::Which;
use crate::look::Records;
use crate::{DONE, NOTHING, SOME, left, status, text, words};
use became::Became;

pub(crate) async fn run(action: Action, which: &Which) -> Result<u8> {
    let options = Options::from_env()?;
    let Some(records) = Records::of(&options.home)? else {
        if !which.json {
            text::line(status::NOTHING_YET)?;
        }
        return Ok(if which.all { DONE } else { NOTHING });
    };
    let (known, unknown) = which.known(&records.reader)?;
    // Whoever changes them does so without a reader of its own process.
    drop(records);
    for id in &unknown {
        text::note(&format!("davit: There is no transfer {id}. See `davit status`."));
    }
    if known.is_empty() && !which.all {
        return Ok(NOTHING);
    }
    let mut request = Request { action, transfers: (!which.all).then_some(known) };
    let (mut became, mut swept) = (Became::default(), Swept::default());
    loop {
        let reply = match control::send(&options.home, &request).await? {
            Some(reply) => reply,
            None => act(&options, request, &mut swept).await?,
        };
        // Who was to rest and lost its process is nobody's by now.
        match became.of(&options.home, action, &reply).await? {
            lost if lost.is_empty() => break,
            lost => request = Request { action, transfers: Some(lost) },
        }
    }
    became.removed = swept.removed;
    text::line(&if which.json { became.json(action) } else { became.words(action) })?;
    for line in left::sentences(&swept.left) {
        text::note(&format!("davit: {line}"));
    }
    // Whoever pauses everything wants that nothing moves: what is uploaded does not.
    let otherwise = if action == Action::Pause && which.all { became.open() } else { became.otherwise() };
    Ok(match (became.count, otherwise) {
        (0, 0) if which.all => DONE,
        (0, _) => NOTHING,
        (_, otherwise) if otherwise > 0 || !unknown.is_empty() => SOME,
        _ => DONE,
    })
}

/// What became of unfinished uploads that no file needs.
#[derive(Default)]
struct Swept {
    removed: u32,
    left: Vec<Left>,
}

impl Swept {
    /// `before` were to be removed already; what was cancelled since is told as that.
    fn after(&mut self, before: &[Left], options: &Options) -> Result<()> {
        self.left = left::on_record(&options.home)?;
        let stays = |upload| self.left.iter().any(|left| left.upload.as_ref() == Some(upload));
        let given_up = before.iter().filter(|left| left.kept.is_none()).filter_map(|left| left.upload.as_ref());
        self.removed += u32::try_from(given_up.filter(|upload| !stays(*upload)).count()).unwrap_or(u32::MAX);
        Ok(())
    }
}

/// Changes the records: nobody is at work.
async fn act(options: &Options, request: Request, swept: &mut Swept) -> Result<Reply> {
    let action = request.action;
    // The start mends what cannot be read.
    let before = left::on_record(&options.home).unwrap_or_default();
    let options = Options { hold: true, ..options.clone() };
    let uploader = Uploader::open(options.clone()).await?;
    words::tell(uploader.notice());
    let reply = control::perform(uploader.engine(), request).await;
    let sweeps = action == Action::Cancel && reply.is_ok();
    if sweeps {
        left::sweep(&uploader).await;
    }
    uploader.close().await;
    if sweeps {
        left::sweep_places(&options).await?;
        swept.after(&before, &options)?;
    }
    reply
}

impl Which {
    /// The transfers on record, and the numbers that are not.
    fn known(&self, journal: &Reader) -> Result<(Vec<TransferId>, Vec<TransferId>)> {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for id in self.ids.iter().copied().map(TransferId::new) {
            let found = journal.transfer(id)?.is_some();
            if found { &mut known } else { &mut unknown }.push(id);
        }
        Ok((known, unknown))
    }
}
