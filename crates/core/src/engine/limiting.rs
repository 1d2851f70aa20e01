//! What holds of limits and schedule while the engine runs, and of what is around the computer.

use tokio::time::{Duration, Instant};

use crate::bandwidth::{self, Around, Choice, Limits, Phase, Rule, Ruling, Why, Zone};
use crate::units::UnixTime;

/// Clocks are put right, and people travel: what holds is worked out again this often at least.
const LOOK: Duration = Duration::from_secs(15);

/// The limits, and what they mean now.
#[derive(Debug, Default)]
pub(super) struct Limiting {
    limits: Limits,
    choice: Option<Choice>,
    around: Around,
    /// What of it a person lets it go on for all the same, for as long as that is around.
    let_go: Around,
    course: Vec<Phase>,
    looked: Option<Instant>,
    /// Since when the same holds.
    since: Option<Instant>,
}

impl Limiting {
    pub(super) fn new(limits: Limits, choice: Option<Choice>, around: Around) -> Self {
        Self { limits, choice, around, ..Self::default() }
    }

    /// Other limits hold from now on.
    pub(super) fn limit(&mut self, limits: Limits, choice: Option<Choice>) {
        *self = Self { let_go: self.let_go, ..Self::new(limits, choice, self.around) };
    }

    /// Something else is around the computer from now on.
    pub(super) fn is_in(&mut self, around: Around) {
        self.let_go = self.let_go.but(self.let_go.but(around));
        self.around = around;
        self.looked = None;
    }

    /// What holds, as last worked out.
    pub(super) fn ruling(&self) -> Ruling {
        let now = self.course.first();
        now.map(|now| Ruling { rule: now.rule, until: now.until, why: now.why }).unwrap_or_default()
    }

    /// What holds, and what after it.
    pub(super) fn course(&self) -> &[Phase] {
        &self.course
    }

    /// Works out what holds, where that may be something else by now.
    pub(super) fn look(&mut self, now: Instant, at: UnixTime) -> Ruling {
        let is_over = self.ruling().until.is_some_and(|until| until <= at);
        if is_over || self.looked.is_none_or(|looked| now.duration_since(looked) >= LOOK) {
            let before = self.ruling().rule;
            self.course = bandwidth::course(&self.limits, self.choice, at, &Zone::here());
            self.keep_back();
            self.looked = Some(now);
            if self.since.is_none() || self.ruling().rule != before {
                self.since = Some(now);
            }
        }
        self.ruling()
    }

    /// What is around the computer comes before the limits, but not before a person's pause: that one has an end.
    fn keep_back(&mut self) {
        let first = self.course.first();
        let rests = first.is_some_and(|first| first.rule == Rule::Pause && first.why == Why::Chosen);
        if let Some(why) = self.around.but(self.let_go).why().filter(|_| !rests) {
            self.course = vec![Phase { rule: Rule::Pause, why, until: None }];
        }
    }

    /// For how long the same has held.
    pub(super) fn holds_for(&self, now: Instant) -> Duration {
        self.since.map_or(Duration::ZERO, |since| now.duration_since(since))
    }

    /// What is around the computer keeps nothing back any more, as long as it is that; and where the schedule pauses, nothing
    /// limits it until that changes next.
    pub(super) fn lift(&mut self, now: Instant, at: UnixTime) {
        self.let_go = self.around;
        self.looked = None;
        let ruling = self.look(now, at);
        if ruling.rule == Rule::Pause {
            self.choice = Some(Choice { rate: None, paused: false, until: ruling.until });
            self.looked = None;
        }
    }

    /// When to look next, where anything changes by itself.
    pub(super) fn next_look(&self, now: Instant, at: UnixTime) -> Option<Instant> {
        let left = self.ruling().until?.0.saturating_sub(at.0);
        Some(now + Duration::from_secs(left).clamp(Duration::from_millis(250), LOOK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bandwidth::{Day, Days, LimitRule, LimitTime};

    const AT: UnixTime = UnixTime(1_800_000_000);
    const METERED: Around = Around { metered: true, battery: false };
    const LOW: Around = Around { metered: false, battery: true };
    const BOTH: Around = Around { metered: true, battery: true };

    fn always_paused() -> Limits {
        let days = Days([Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun].into());
        let times = vec![LimitTime { days, from: 0, to: 0, rule: LimitRule::Pause }];
        Limits { usual: None, scheduled: true, times }
    }

    fn holds(limiting: &mut Limiting) -> (Rule, Why) {
        let ruling = limiting.look(Instant::now(), AT);
        (ruling.rule, ruling.why)
    }

    #[test]
    fn what_is_around_keeps_everything_back_whatever_the_limits_say_and_only_while_it_is_there() {
        let mut limiting = Limiting::new(Limits::default(), None, METERED);
        assert_eq!(holds(&mut limiting), (Rule::Pause, Why::Metered), "from the first moment on");
        limiting.limit(always_paused(), None);
        assert_eq!(holds(&mut limiting), (Rule::Pause, Why::Metered));
        assert_eq!(limiting.next_look(Instant::now(), AT), None, "nobody knows when that ends");
        limiting.is_in(LOW);
        assert_eq!(holds(&mut limiting), (Rule::Pause, Why::Battery));
        limiting.is_in(Around::default());
        assert_eq!(holds(&mut limiting), (Rule::Pause, Why::Schedule));
        limiting.limit(Limits::default(), None);
        assert_eq!(holds(&mut limiting), (Rule::NoLimit, Why::Usual));
    }

    #[test]
    fn a_persons_pause_for_a_while_is_told_before_what_is_around() {
        let until = Some(UnixTime(AT.0 + 60));
        let pause = Choice { rate: None, paused: true, until };
        let mut limiting = Limiting::new(Limits::default(), Some(pause), METERED);
        assert_eq!(holds(&mut limiting), (Rule::Pause, Why::Chosen));
        let later = limiting.look(Instant::now(), UnixTime(AT.0 + 60));
        assert_eq!((later.rule, later.why), (Rule::Pause, Why::Metered), "and that is left when it ends");
    }

    #[test]
    fn what_a_person_lets_go_on_is_kept_back_again_by_the_next_metered_network() {
        let mut limiting = Limiting::new(always_paused(), None, METERED);
        limiting.lift(Instant::now(), AT);
        assert_eq!(holds(&mut limiting).0, Rule::NoLimit, "past the schedule, too");
        limiting.is_in(METERED);
        assert_eq!(holds(&mut limiting).0, Rule::NoLimit, "it is the same");
        limiting.is_in(BOTH);
        assert_eq!(holds(&mut limiting), (Rule::Pause, Why::Battery), "that is another reason");
        limiting.is_in(Around::default());
        limiting.is_in(METERED);
        assert_eq!(holds(&mut limiting), (Rule::Pause, Why::Metered));
    }
}
