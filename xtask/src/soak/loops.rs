//! Which loops there are. The tests run the same ones small.

/// One of a goal's loops: the test that is it, and how often it runs at full size.
pub(super) struct Loop {
    pub(super) goal: &'static str,
    pub(super) times: u32,
    pub(super) what: &'static str,
    pub(super) test: &'static str,
}

const fn of(goal: &'static str, times: u32, what: &'static str, test: &'static str) -> Loop {
    Loop { goal, times, what, test }
}

#[rustfmt::skip] // A table.
pub(super) const LOOPS: &[Loop] = &[
    of("R1", 5_000, "killed at every point in turn, gone on with", "interruptions::killed_at_any_point_again_and_again_it_goes_on_and_nothing_on_record_is_sent_twice"),
    of("R2", 1_000, "power cuts", "records::a_power_cut_costs_the_records_one_commit_at_most"),
    of("R2", 40, "power cuts below the command line", "records::after_a_power_cut_the_same_command_ends_with_the_right_objects"),
    of("R3", 16, "records, log and copy cut off at every byte, a sixteenth of them each time", "records::records_cut_off_anywhere_open_and_tell"),
    of("R3", 1_000, "flipped bits", "records::a_flipped_bit_in_the_records_is_never_believed"),
    of("R3", 200, "zeros, noise, gone", "records::records_that_are_zeros_noise_or_gone_are_rebuilt_or_begun_anew"),
    of("R3", 40, "damage below the command line", "records::on_damaged_records_the_same_command_ends_with_the_right_objects_and_tells_once"),
    of("R4", 50, "no room for the records", "records::a_quota_on_the_records_is_told_and_nothing_is_lost"),
    of("R5", 20, "every fault at once, 2,000 parts", "stalls::through_faults_of_every_kind_all_parts_arrive_and_few_requests_are_made_again"),
    of("R5", 1, "the same on a link of 8 MB/s, 200 parts of 8 MiB", "stalls::on_a_link_at_its_limit_faults_cost_little_of_it"),
    of("R6", 1, "a day without a network, by a simulated clock, 64 parts", "engine::link::tests::bytes_of_sixty_four_parts_flow_within_ten_seconds_after_a_day"),
    of("R6", 10, "outages of 3 s and 30 s, one of 10 min", "outages::a_network_that_goes_without_a_word_is_outlived"),
    of("R6", 10, "the same, and what stood is dead without a sign", "outages::a_network_that_goes_and_leaves_dead_connections_is_outlived"),
    of("R7", 20, "silence in twelve places", "stalls::a_request_that_hangs_anywhere_is_sent_again_by_a_new_connection_within_half_a_minute"),
    of("R7", 20, "answers that never come, five sizes, three in a row", "stalls::an_answer_that_never_comes_is_missed_within_half_a_minute_whatever_the_size"),
    of("R7", 20, "a way that takes all and answers nothing for a minute", "stalls::a_way_that_takes_everything_and_answers_nothing_is_left_within_ten_seconds_of_its_return"),
    of("R8", 10, "128 kbit/s for a minute", "stalls::a_link_of_128_kilobits_is_slow_and_not_dead"),
    of("R8", 10, "the same shared by sixteen, a kilobyte a second each", "stalls::a_slow_link_that_many_share_is_slow_and_not_dead"),
    of("R9", 300, "leases of 2 s from a backend in trouble", "leases::short_leases_of_a_backend_in_trouble_fail_no_part"),
    of("R9", 1, "leases that are over on arrival", "leases::a_new_lease_that_is_over_on_arrival_is_only_renewed_again"),
    of("R10", 10, "clocks that are off, four ways", "clocks::a_clock_that_is_off_costs_at_most_one_request"),
    of("R10", 10, "clocks that are set, four ways", "clocks::a_clock_that_is_set_while_an_upload_runs_fails_nothing"),
    of("R11", 12, "every ending of Complete and of a whole object, by three rights and three wishes: each 108 times", "endings::every_ending_of_complete_and_put_is_told_as_what_it_is"),
    of("R12", 50, "sources that change, thirteen ways, once at three moments each, then at one of fourteen", "sources::a_source_that_changes_is_stored_as_one_version_or_the_change_is_told"),
    of("R12", 50, "drives that go away", "sources::a_drive_that_goes_away_is_waited_for_and_the_upload_goes_on"),
    of("R13", 25, "sleep", "outages::a_computer_that_slept_goes_on_within_ten_seconds"),
    of("R13", 7_200, "seconds of one sleep", "outages::a_computer_that_slept_for_hours_goes_on_within_ten_seconds"),
    of("R13", 20, "pages of the network before the store, three kinds", "captive::no_page_of_the_local_network_is_taken_for_the_store"),
    of("R13", 20, "pages of the network before the company, three kinds", "captive::no_page_of_the_local_network_is_taken_for_the_company"),
    of("R13", 20, "certificates that turn bad", "captive::a_certificate_that_turns_bad_is_waited_out"),
    of("R13", 50, "ways that become others, six kinds", "outages::a_way_that_becomes_another_one_needs_nobody"),
    of("R14", 4, "lists of 10,000 parts, five faults", "lists::exactly_the_missing_parts_are_sent_whatever_happens_to_the_list"),
    of("R15", 1, "100,000 files in one gesture", "scale::files_without_number_begin_at_once_and_need_little_memory"),
    of("R15", 1, "a tebibyte in 10,000 parts", "scale::a_tebibyte_in_ten_thousand_parts_begins_rests_and_is_given_up"),
    of("R15", 1, "trees a thousand folders deep", "scale::a_tree_a_thousand_folders_deep_is_uploaded_or_named_to_its_last_file"),
    of("R15", 1, "records of 100,000 files, opened", "records::records_of_many_files_open_faster_than_they_are_written_and_in_step_with_their_number"),
    of("R17", 80, "minutes of one engine through every fault at once", "endurance::an_engine_that_lives_long_does_not_grow_and_leaves_no_file"),
    of("R18", 100, "two machines at one key", "lists::two_machines_at_one_key_never_replace_each_other"),
    of("R20", 10_000, "files of so many parts, a byte less, a byte more", "sources::a_byte_less_and_a_byte_more_than_whole_parts_arrive_as_they_are"),
    of("R21", 1_000_000, "sequences against a model of S3", "model::whatever_happens_in_whatever_order_done_is_the_source_and_no_upload_is_forgotten"),
    of("R21", 100_000, "noise for every reader", "model::nothing_that_others_write_breaks_a_reader"),
    of("R21", 10_000, "schedules of a stop against the last byte, two kinds", "a_stop_and_the_last_byte_agree_in_every_schedule"),
    of("R21", 10_000, "schedules of who waits for the network, two kinds", "who_waits_for_the_network_is_woken_in_every_schedule"),
    of("R21", 10_000, "schedules of a list that is drawn, two kinds", "no_byte_is_counted_twice_in_any_schedule"),
    of("R21", 10_000, "schedules of leases in three states, two kinds", "one_asks_and_one_renews_for_all_in_every_schedule"),
    of("R21", 10_000, "schedules of refused leases in two states, two kinds", "a_refused_lease_is_renewed_once_and_used_by_nobody_in_any_schedule"),
    of("R21", 10_000, "schedules of late answers to a sign-in, two kinds", "a_new_sign_in_is_not_ended_by_the_earlier_one_in_any_schedule"),
    of("R21", 10_000, "schedules of companies that are chosen one after another, two kinds", "the_company_that_was_chosen_last_counts_in_every_schedule"),
    of("S5", 10_000, "links put in the way", "sources::nothing_outside_of_a_folder_is_read_whatever_links_are_put_in_the_way"),
    of("S5", 40, "links put in the way of the command line", "sources::nothing_outside_of_a_folder_is_uploaded_whatever_links_are_put_in_the_way"),
];
