//! From runs to figures: medians, and ratios within one round.

use crate::cases::{Against, Case, Figure, Goal};
use crate::peers::Peer;
use crate::rounds::Run;

/// The middle of what there is.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

impl Figure {
    pub(crate) fn of(self, run: &Run) -> f64 {
        match self {
            Self::Cpu => run.cost.cpu,
            Self::Wall => run.cost.wall,
            Self::Memory => run.cost.memory as f64 / f64::from(1 << 20),
            Self::Active => run.seen.most_active as f64,
            Self::Back => run.seen.back.unwrap_or(f64::INFINITY),
            Self::Waste => {
                let failed = run.seen.busy + run.seen.resets;
                run.wasted as f64 / (failed.max(1) * (8 << 20)) as f64
            }
        }
    }
}

/// The runs of one case.
pub(crate) struct Runs<'a>(pub(crate) &'a [Run]);

impl Runs<'_> {
    /// Those that count.
    pub(crate) fn of(&self, peer: Peer, variant: usize) -> impl Iterator<Item = &Run> {
        self.0.iter().filter(move |run| run.peer == peer && run.variant == variant && run.failure.is_none())
    }

    pub(crate) fn median(&self, figure: Figure, peer: Peer, variant: usize) -> Option<f64> {
        median(self.of(peer, variant).map(|run| figure.of(run)))
    }

    /// A figure of one beside that of another in the same round, in the middle of all rounds.
    fn pairs(&self, figure: Figure, a: (Peer, usize), b: (Peer, usize), of: fn(f64, f64) -> f64) -> Option<f64> {
        let in_round = |round| self.of(b.0, b.1).find(|run| run.round == round);
        median(self.of(a.0, a.1).filter_map(|run| Some(of(figure.of(run), figure.of(in_round(run.round)?)))))
    }

    pub(crate) fn ratio(&self, figure: Figure, peer: Peer, to: Peer, variant: usize) -> Option<f64> {
        self.pairs(figure, (peer, variant), (to, variant), |a, b| a / b)
    }

    pub(crate) fn reached(&self, case: &Case, goal: &Goal) -> Option<f64> {
        let variant = |name| case.variants.iter().position(|variant| variant.name == name);
        let here = variant(goal.variant)?;
        match goal.against {
            Against::Itself => self.median(goal.figure, goal.of, here),
            Against::Peer(peer) => self.ratio(goal.figure, goal.of, peer, here),
            Against::Link => Some(self.median(goal.figure, goal.of, here)? / case.variants[here].ideal()?),
            Against::Variant(other) => {
                self.pairs(goal.figure, (goal.of, here), (goal.of, variant(other)?), |a, b| a - b)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Cost;
    use crate::peers::Peer::{Davit, Limit};

    fn run(peer: Peer, round: u32, cpu: f64, failure: Option<&str>) -> Run {
        let cost = Cost { cpu, wall: 1.0, memory: 0, code: Some(0) };
        let failure = failure.map(str::to_owned);
        Run { peer, variant: 0, round, others: None, failure, cost, seen: Default::default(), wasted: 0 }
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median([]), None);
    }

    #[test]
    fn ratios_are_of_one_round_and_of_runs_that_count() {
        let runs = [
            run(Davit, 0, 1.0, None),
            run(Limit, 0, 2.0, None),
            run(Davit, 1, 30.0, None),
            run(Limit, 1, 30.0, None),
            run(Davit, 2, 9.0, Some("not what was sent")),
            run(Limit, 2, 1.0, None),
            run(Davit, 3, 1.0, None),
        ];
        let runs = Runs(&runs);
        assert_eq!(runs.ratio(Figure::Cpu, Davit, Limit, 0), Some(0.75));
        assert_eq!(runs.median(Figure::Cpu, Davit, 0), Some(1.0));
    }
}
