//! The limits on record, and what was chosen past them: kept in the settings, told to the engine.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use super::home::Home;
use super::record::record;
use super::{Uploader, lock};
use crate::bandwidth::{self, Choice, LimitNow, Limits, Zone, within_bounds};
use crate::engine::{ActDone, Engine};
use crate::error::Result;
use crate::settings::rules::{Ruled, Rules};
use crate::settings::{Name, Settings, Value};
use crate::units::{ByteRate, UnixTime};

/// What is asked of the limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// What holds.
    Now,
    /// Another limit until the schedule changes next, or for good where there is none.
    Choose(Option<ByteRate>),
    /// What the schedule says.
    Follow,
}

/// Where limits are kept and changed.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) settings: Arc<Mutex<Settings>>,
    /// What this computer's policy presets and locks.
    pub(super) policy: Rules,
    pub(super) home: PathBuf,
    pub(super) engine: Engine,
    /// What this run alone was given, until somebody says otherwise while it runs.
    pub(super) run: Arc<Mutex<Option<Choice>>>,
}

impl Desk {
    /// What counts besides the limits.
    pub(super) fn choice(&self) -> Option<Choice> {
        let run = *lock(&self.run);
        let settings = lock(&self.settings);
        counts(run.or(settings.chosen), &settings.ruled(&self.policy))
    }

    fn limits(&self) -> Limits {
        lock(&self.settings).ruled(&self.policy).settings.limits
    }

    async fn change(&self, change: impl FnOnce(&mut Settings) -> Result<()>) -> Result<LimitNow> {
        drop(record(&self.settings, &self.home, change)?);
        *lock(&self.run) = None;
        self.tell().await
    }

    /// Tells the engine what is on record, as it holds.
    pub(super) async fn tell(&self) -> Result<LimitNow> {
        Ok(self.engine.limit(self.limits(), self.choice()).await?.into())
    }

    async fn set(&self, limits: Limits) -> Result<LimitNow> {
        limits.check()?;
        // Who changes them sees to what holds now as well.
        self.change(|settings| {
            settings.chosen = None;
            settings.set_limits(limits, &self.policy)
        })
        .await
    }

    /// Does what is asked.
    ///
    /// # Errors
    /// `bad-input`, `set-by-company`, `disk-full`, `journal-unwritable`.
    pub(super) async fn does(&self, ask: &Ask) -> Result<LimitNow> {
        match ask {
            Ask::Now => self.tell().await,
            Ask::Choose(rate) => {
                rate.map_or(Ok(()), within_bounds)?;
                self.change(|settings| choose(settings, &self.policy, *rate, UnixTime::now())).await
            }
            Ask::Follow => self.follow().await,
        }
    }

    /// What was paused for a while goes on.
    ///
    /// # Errors
    /// `disk-full`, `journal-unwritable`.
    pub(super) async fn end_pause(&self) -> Result<()> {
        if self.choice().is_some_and(|choice| choice.paused) {
            self.follow().await?;
        }
        Ok(())
    }

    async fn follow(&self) -> Result<LimitNow> {
        self.change(|settings| {
            settings.chosen = None;
            Ok(())
        })
        .await
    }
}

/// What was chosen, as far as it counts: where a company locks limits, a person may still pause.
pub(super) fn counts(chosen: Option<Choice>, ruled: &Ruled) -> Option<Choice> {
    chosen.filter(|choice| choice.paused || ruled.may_choose_a_limit().is_ok())
}

fn choose(settings: &mut Settings, policy: &Rules, rate: Option<ByteRate>, at: UnixTime) -> Result<()> {
    let now = settings.ruled(policy);
    now.may_choose_a_limit()?;
    if now.settings.limits.has_schedule() {
        let until = bandwidth::now(&now.settings.limits, None, at, &Zone::here()).until;
        settings.chosen = Some(Choice { rate, paused: false, until });
        return Ok(());
    }
    settings.chosen = None;
    settings.set(Name::UsualLimit, &Value::rate(rate), policy)
}

/// The same where no process works with `home`: on record, for the next.
///
/// # Errors
/// `bad-input`, `set-by-company`, `instance-busy`, `disk-full`, `journal-unwritable`.
pub async fn at_rest(home: &Path, policy: &Rules, ask: &Ask) -> Result<LimitNow> {
    if let Ask::Choose(Some(rate)) = ask {
        within_bounds(*rate)?;
    }
    let at = UnixTime::now();
    let settings = if *ask == Ask::Now {
        Settings::load(home)?
    } else {
        let _nobody_else = Home::enter(home).await?;
        let mut settings = Settings::load(home)?;
        match ask {
            Ask::Choose(rate) => choose(&mut settings, policy, *rate, at)?,
            Ask::Now | Ask::Follow => settings.chosen = None,
        }
        settings.save(home)?;
        settings
    };
    let ruled = settings.ruled(policy);
    Ok(bandwidth::now(&ruled.settings.limits, counts(settings.chosen, &ruled), at, &Zone::here()).into())
}

impl Uploader {
    /// The limits on record.
    pub fn limits(&self) -> Limits {
        self.session.limits.limits()
    }

    /// Keeps other limits; what was chosen past the former is over.
    ///
    /// # Errors
    /// `bad-input`, `set-by-company`, `disk-full`, `journal-unwritable`.
    pub async fn set_limits(&self, limits: Limits) -> Result<()> {
        self.session.limits.set(limits).await.map(drop)
    }

    /// Another limit until the schedule changes next, or for good where there is none; none means no limit.
    ///
    /// # Errors
    /// As [`Self::set_limits`].
    pub async fn choose_limit(&self, rate: Option<ByteRate>) -> Result<LimitNow> {
        self.session.limits.does(&Ask::Choose(rate)).await
    }

    /// Nothing is sent for so many seconds, also after a restart; then it goes on by itself.
    ///
    /// # Errors
    /// As [`Self::set_limits`].
    pub async fn pause_for(&self, seconds: u32) -> Result<LimitNow> {
        let until = UnixTime(UnixTime::now().0 + u64::from(seconds));
        let pause = Choice { rate: None, paused: true, until: Some(until) };
        self.session
            .limits
            .change(|settings| {
                settings.chosen = Some(pause);
                Ok(())
            })
            .await
    }

    /// Resumes everything that is paused, and ends a pause for a while.
    ///
    /// # Errors
    /// As [`Self::set_limits`].
    pub async fn resume_all(&self) -> Result<ActDone> {
        self.session.limits.end_pause().await?;
        self.engine().resume_all().await
    }

    /// What was chosen is over.
    ///
    /// # Errors
    /// As [`Self::set_limits`].
    pub async fn follow_schedule(&self) -> Result<LimitNow> {
        self.session.limits.does(&Ask::Follow).await
    }

    /// What holds.
    ///
    /// # Errors
    /// `unexpected` when the engine is closed.
    pub async fn limit_now(&self) -> Result<LimitNow> {
        self.session.limits.does(&Ask::Now).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bandwidth::{Day, Days, LimitRule, LimitTime};

    #[test]
    fn a_choice_is_for_good_where_nothing_changes_by_itself_and_else_until_that_does() {
        let rate = Some(ByteRate(2_000_000));
        let (mut settings, free) = (Settings::default(), Rules::default());
        choose(&mut settings, &free, rate, UnixTime(1_800_000_000)).expect("free");
        assert_eq!((settings.limits.usual, settings.chosen), (rate, None));

        let days = Days([Day::Mon, Day::Wed, Day::Fri].into());
        settings.limits.times.push(LimitTime { days, from: 0, to: 0, rule: LimitRule::Pause });
        settings.limits.scheduled = true;
        let at = UnixTime(1_800_000_000);
        choose(&mut settings, &free, None, at).expect("free");
        assert_eq!(settings.limits.usual, rate, "that stays");
        let chosen = settings.chosen.expect("for now");
        assert!(chosen.rate.is_none() && chosen.until.is_some_and(|until| until > at), "{chosen:?}");
    }

    #[test]
    fn where_the_company_locks_limits_nobody_chooses_one_and_everybody_may_pause() {
        let policy: Rules = serde_json::from_str(r#"{"locks":{"usual_limit":50000000}}"#).expect("rules");
        let mut settings = Settings::default();
        let refused = choose(&mut settings, &policy, None, UnixTime(1_800_000_000)).expect_err("locked");
        assert_eq!((refused.code, settings.clone()), (crate::error::ErrorCode::SetByCompany, Settings::default()));
        let ruled = settings.ruled(&policy);
        let faster = Choice { rate: None, paused: false, until: None };
        assert_eq!(counts(Some(faster), &ruled), None, "it was chosen before the lock");
        let pause = Choice { paused: true, ..faster };
        assert_eq!(counts(Some(pause), &ruled), Some(pause));
    }
}
