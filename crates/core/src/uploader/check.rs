//! A check of everything that an upload needs, for whoever is signed in and for whoever is not.

use std::sync::Arc;

use http::Uri;
use tokio::sync::mpsc;

use super::{Keeper, Uploader, lock};
use crate::check::{Checked, Line, Subject, Target, run};
use crate::engine::routes::Origin;
use crate::error::{Error, ErrorCode, Result};
use crate::ids::DestinationId;
use crate::s3::store_address;
use crate::session::Destination;
use crate::units::UnixTime;

impl Uploader {
    /// Checks everything, one line after another, with a test file to this destination or to the first there is. It ends
    /// with the last line, or when nobody listens any more; what uploads is not touched.
    pub fn check(&self, to: Option<DestinationId>) -> mpsc::Receiver<Line> {
        let (found, mut lines) = mpsc::channel(1);
        let (tell, told) = mpsc::channel(1);
        let (keeper, checked) = (Arc::clone(&self.session), Arc::clone(&self.checked));
        let home = keeper.options.home.clone();
        self.runtime.handle().spawn(async move { run(keeper.subject(to.as_ref()).await, found).await });
        self.runtime.handle().spawn(async move {
            let mut all = Vec::new();
            loop {
                let line = tokio::select! {
                    line = lines.recv() => line,
                    () = tell.closed() => return,
                };
                let Some(line) = line else { break };
                all.push(line.clone());
                if tell.send(line).await.is_err() {
                    return;
                }
            }
            // Kept before whoever listens is told the end.
            let found = Checked { at: UnixTime::now(), lines: all };
            found.keep(&home);
            *lock(&checked) = Some(found);
        });
        told
    }

    /// What the last check found; nothing before the first.
    pub fn checked(&self) -> Option<Checked> {
        lock(&self.checked).clone()
    }
}

impl Keeper {
    async fn subject(&self, to: Option<&DestinationId>) -> Subject {
        let (session, origin) = (self.present.session(), self.routes.origin());
        let target = self.target(&origin, to).await;
        let (address, is_a_company) = match &target {
            Ok(target) if self.options.direct.is_some() => {
                (store_address(&target.endpoint, &target.to.bucket, &target.to.region).parse().ok(), false)
            }
            _ => (self.company(), true),
        };
        Subject {
            net: self.options.net.clone(),
            address,
            is_a_company,
            session,
            target: target.map_err(|error| error.code),
        }
    }

    /// Where the company is, as far as anybody said.
    fn company(&self) -> Option<Uri> {
        if let Some(session) = self.present.session() {
            return session.address().parse().ok();
        }
        let known = self.options.server.clone().or_else(|| lock(&self.settings).server.clone())?;
        self.options.spelt(&known).parse().ok()
    }

    async fn target(&self, origin: &Origin, to: Option<&DestinationId>) -> Result<Target> {
        let (to, source) = match origin {
            Origin::None | Origin::Connecting { .. } => return Err(Error::new(ErrorCode::SignInEnded)),
            Origin::Session(session) => {
                let all = session.destinations().await?;
                let to = chosen(&all, to).ok_or_else(|| Error::new(ErrorCode::DestinationGone))?;
                let source = session.source(&to.id);
                (to, source)
            }
            Origin::Direct { destination, source, .. } => (Destination::clone(destination), Arc::clone(source)),
        };
        Ok(Target { endpoint: self.routes.endpoint_of(&to), to, source })
    }
}

fn chosen(all: &[Destination], to: Option<&DestinationId>) -> Option<Destination> {
    all.iter().find(|one| to == Some(&one.id)).or_else(|| all.first()).cloned()
}
