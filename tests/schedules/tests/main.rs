//! What tasks share keeps its promises in whatever order they take their turns.

use davit_schedules::{explore, gate, held, keeper, link, live, present};
use davit_tests::soak::{seed, times};

/// Schedules of either kind.
const SMALL: u32 = 1_000;

fn holds(scenario: fn()) {
    explore(scenario, times(SMALL), seed());
}

#[test]
fn a_stop_and_the_last_byte_agree_in_every_schedule() {
    holds(gate::scenario);
}

#[test]
fn a_new_sign_in_is_not_ended_by_the_earlier_one_in_any_schedule() {
    holds(held::scenario);
}

#[test]
fn the_company_that_was_chosen_last_counts_in_every_schedule() {
    holds(present::scenario);
}

#[test]
fn who_waits_for_the_network_is_woken_in_every_schedule() {
    holds(link::scenario);
}

#[test]
fn no_byte_is_counted_twice_in_any_schedule() {
    holds(live::scenario);
}

#[test]
fn one_asks_and_one_renews_for_all_in_every_schedule() {
    holds(keeper::first_lease);
    holds(keeper::due_lease);
    holds(keeper::due_lease_of_a_backend_that_is_away);
}

#[test]
fn a_refused_lease_is_renewed_once_and_used_by_nobody_in_any_schedule() {
    holds(keeper::refused_lease);
    holds(keeper::refused_lease_of_a_backend_that_is_away);
}
