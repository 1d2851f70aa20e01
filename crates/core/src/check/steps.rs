//! How each is looked at. None takes longer than its limit; what takes longer does not answer.

use http::Uri;
use tokio::time::{Duration, Instant, timeout};

use super::test_file::sent_by;
use super::{Found, Line, Skipped, Step, Subject, Target, Verdict};
use crate::error::{Error, ErrorCode, Result};
use crate::net::{Handshake, Net, ON_PURPOSE, Through, knock, time_of, wants_a_login};
use crate::s3::{WayKind, latency_of, sign_of};
use crate::session::{Needs, address};
use crate::units::{ByteRate, UnixTime};

/// S3 takes no request that is signed by a clock further off, in seconds. Source: S3 API reference,
/// `RequestTimeTooSkewed`.
pub(super) const OFF: u64 = 15 * 60;
/// A clock that is so far off, in seconds, was not set by anybody who knows what time it is.
pub(super) const ODD: u64 = 60;

/// How long a step may take.
const fn limit(step: Step) -> Duration {
    Duration::from_secs(match step {
        Step::Names | Step::Proxy => 5,
        Step::Certificate | Step::Company | Step::Clock => 15,
        Step::SignIn => 30,
        Step::Storage => 60,
        Step::Ways => 120,
    })
}

/// Looks at one of them. None where there is nothing to look at.
pub(super) async fn look(step: Step, subject: &Subject) -> Option<Line> {
    let within = limit(step);
    let looked = async {
        match step {
            Step::Names => names(subject).await,
            Step::Proxy => Some(proxy(subject).await),
            Step::Certificate => Some(certificate(subject).await),
            Step::Company if subject.is_a_company => Some(company(subject).await),
            Step::SignIn if subject.is_a_company => Some(sign_in(subject).await),
            Step::Company | Step::SignIn => None,
            Step::Storage => Some(storage(subject).await),
            Step::Ways => ways(subject).await,
            Step::Clock => Some(clock(subject).await),
        }
    };
    timeout(within, looked).await.unwrap_or_else(|_| {
        let late = Error::new(ErrorCode::Offline).detail(format!("no answer within {} s", within.as_secs()));
        Some(Line::wrong(step, &late))
    })
}

/// The way to an address: past every proxy where it is on this computer.
fn towards(net: &Net, to: &Uri) -> Net {
    Net { direct: net.direct || address::is_loopback_uri(to), ..net.clone() }
}

/// The proxy on the way, unless what is asked for is on this computer.
async fn through(net: &Net, to: &Uri) -> Option<Through> {
    if net.direct || address::is_loopback_uri(to) { None } else { net.proxies.find(to).await }
}

/// Where a proxy leads, names are its affair: its own has to be known.
async fn names(subject: &Subject) -> Option<Line> {
    let Some(to) = &subject.address else { return Some(Line::skipped(Step::Names, Skipped::NoCompany)) };
    let by_proxy = through(&subject.net, to).await.map(|through| through.proxy);
    let asked = by_proxy.as_ref().unwrap_or(to);
    let host = asked.host()?.trim_matches(['[', ']']).to_owned();
    let port = asked.port_u16().unwrap_or(443);
    let found = tokio::net::lookup_host((host.as_str(), port)).await.map(|mut all| all.next().is_some());
    Some(match found {
        Ok(true) => Line::fine(Step::Names, Found::Named { host }),
        Ok(false) => Line::wrong(Step::Names, &Error::new(ErrorCode::Offline).detail(format!("{host} has no address"))),
        Err(error) => Line::wrong(Step::Names, &Error::new(ErrorCode::Offline).detail(format!("{host}: {error}"))),
    })
}

async fn proxy(subject: &Subject) -> Line {
    let Some(to) = &subject.address else { return Line::skipped(Step::Proxy, Skipped::NoCompany) };
    match through(&subject.net, to).await {
        None => Line::fine(Step::Proxy, Found::Straight),
        Some(through) => Line::fine(Step::Proxy, Found::Proxy { proxy: through.host().to_owned(), from: through.from }),
    }
}

async fn certificate(subject: &Subject) -> Line {
    let step = Step::Certificate;
    let Some(to) = &subject.address else { return Line::skipped(step, Skipped::NoCompany) };
    if to.scheme() != Some(&http::uri::Scheme::HTTPS) {
        return Line::skipped(step, Skipped::OnThisComputer);
    }
    let net = towards(&subject.net, to);
    match net.shakes_hands(to).await {
        Ok(Handshake { issuer, stands: Ok(()) }) => {
            Line::fine(step, Found::Issuer { issuer: issuer.unwrap_or_else(|| "?".to_owned()) })
        }
        Ok(Handshake { issuer, stands: Err(error) }) => {
            Line { found: Found::Problem { code: error.code, issuer }, ..Line::wrong(step, &error) }
        }
        Err(error) => Line::wrong(step, &error),
    }
}

async fn company(subject: &Subject) -> Line {
    let step = Step::Company;
    let Some(to) = &subject.address else { return Line::skipped(step, Skipped::NoCompany) };
    let net = towards(&subject.net, to);
    let client = match net.store_client() {
        Ok(client) => client,
        Err(error) => return Line::wrong(step, &error),
    };
    let begun = Instant::now();
    match knock(&client, &to.to_string(), ON_PURPOSE).await {
        Ok(_) => Line::fine(step, Found::Answers { ms: ms(begun.elapsed()) }),
        Err(why) if wants_a_login(&why) => Line::wrong(step, &Error::new(ErrorCode::ProxyAuth).detail(why)),
        Err(why) => Line::wrong(step, &Error::new(ErrorCode::AddressUnreachable).detail(why)),
    }
}

async fn sign_in(subject: &Subject) -> Line {
    let step = Step::SignIn;
    let Some(session) = subject.session.as_ref().filter(|session| session.needs() == Needs::Nothing) else {
        return Line::skipped(step, Skipped::NotSignedIn);
    };
    match session.refresh_destinations().await {
        Ok(places) => Line::fine(step, Found::SignedIn { places: u32::try_from(places.len()).unwrap_or(u32::MAX) }),
        Err(error) => Line::wrong(step, &error),
    }
}

async fn storage(subject: &Subject) -> Line {
    let step = Step::Storage;
    let target = match &subject.target {
        Ok(target) => target,
        Err(ErrorCode::SignInEnded) => return Line::skipped(step, Skipped::NotSignedIn),
        Err(ErrorCode::DestinationGone) => return Line::skipped(step, Skipped::NoDestination),
        Err(code) => return Line::wrong(step, &Error::new(*code)),
    };
    let mut outcome = Err(Error::new(ErrorCode::Offline));
    // One way is enough.
    for kind in target.endpoint.kinds() {
        outcome = sent_by(target, &subject.net, kind).await;
        if outcome.is_ok() {
            break;
        }
    }
    match outcome {
        Ok(rate) => Line::fine(step, Found::Sent { rate }),
        Err(error) => Line::wrong(step, &error),
    }
}

/// Where there are two: what one connection carries by each. One that gets through is enough.
async fn ways(subject: &Subject) -> Option<Line> {
    let step = Step::Ways;
    let target = subject.target.as_ref().ok().filter(|target| target.endpoint.kinds().len() > 1)?;
    let (accelerated_ms, accelerated) = by(WayKind::Accelerated, target, &subject.net).await;
    let (direct_ms, direct) = by(WayKind::Direct, target, &subject.net).await;
    let both = accelerated.is_ok() && direct.is_ok();
    let why = |outcome: &Result<ByteRate>| outcome.as_ref().err().map(ToString::to_string);
    let detail = [why(&accelerated), why(&direct)].into_iter().flatten().collect::<Vec<_>>().join("; ");
    let verdict = if both { Verdict::Fine } else { Verdict::Attention };
    let found = Found::Ways { accelerated: accelerated.ok(), accelerated_ms, direct: direct.ok(), direct_ms };
    Some(Line { detail, ..Line::new(step, verdict, found) })
}

async fn by(kind: WayKind, target: &Target, net: &Net) -> (Option<u32>, Result<ByteRate>) {
    let answers = latency_of(&target.endpoint, kind, &target.to.bucket, &target.to.region, net).await;
    (answers.ok().map(ms), sent_by(target, net, kind).await)
}

/// By the clock of the store, which is the one that counts; else by the company's.
async fn clock(subject: &Subject) -> Line {
    let mut there = None;
    if let Ok(target) = &subject.target {
        let sign = sign_of(&target.endpoint, &target.to.bucket, &target.to.region, &subject.net).await;
        there = sign.ok().and_then(|sign| sign.time);
    }
    if there.is_none()
        && let Some(to) = &subject.address
    {
        let net = towards(&subject.net, to);
        if let Ok(client) = net.store_client() {
            there = knock(&client, &to.to_string(), ON_PURPOSE).await.ok().and_then(|answer| time_of(&answer));
        }
    }
    match there {
        Some(there) => by_the_clock(UnixTime::now(), there),
        None => Line::skipped(Step::Clock, Skipped::NobodyTells),
    }
}

fn by_the_clock(here: UnixTime, there: UnixTime) -> Line {
    let apart = here.0.abs_diff(there.0);
    let seconds = i32::try_from(apart).unwrap_or(i32::MAX);
    let ahead = if here >= there { seconds } else { -seconds };
    let verdict = match apart {
        apart if apart > OFF => Verdict::Wrong,
        apart if apart >= ODD => Verdict::Attention,
        _ => Verdict::Fine,
    };
    Line::new(Step::Clock, verdict, Found::Clock { ahead })
}

fn ms(took: Duration) -> u32 {
    u32::try_from(took.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_needs_somebody_from_a_minute_on_and_is_wrong_where_the_storage_takes_it_no_more() {
        let now = UnixTime(2_000_000);
        for (here, verdict, ahead) in [
            (now.0, Verdict::Fine, 0),
            (now.0 + 59, Verdict::Fine, 59),
            (now.0 - 240, Verdict::Attention, -240),
            (now.0 + 900, Verdict::Attention, 900),
            (now.0 - 901, Verdict::Wrong, -901),
        ] {
            let line = by_the_clock(UnixTime(here), now);
            assert_eq!((line.verdict, line.found), (verdict, Found::Clock { ahead }), "{ahead}");
        }
    }

    #[tokio::test]
    async fn without_a_company_nothing_is_asked_of_anybody() {
        let (net, target) = (Net::default(), Err(ErrorCode::SignInEnded));
        let subject = Subject { net, address: None, is_a_company: true, session: None, target };
        for step in Step::ALL {
            let line = look(step, &subject).await;
            assert!(line.is_none_or(|line| line.verdict == Verdict::Skipped || step == Step::Proxy), "{step:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_listens_no_more_stops_it() {
        let (net, target) = (Net::default(), Err(ErrorCode::SignInEnded));
        let subject = Subject { net, address: None, is_a_company: true, session: None, target };
        let (lines, mut listener) = tokio::sync::mpsc::channel(1);
        let run = super::super::run(subject, lines);
        let listens = async {
            let first = listener.recv().await.expect("a line");
            assert_eq!(first.step, Step::Names);
            drop(listener);
        };
        tokio::join!(run, listens);
    }
}
