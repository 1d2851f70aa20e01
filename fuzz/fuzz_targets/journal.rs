//! See `davit_core::fuzz::journal`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| davit_core::fuzz::journal(bytes));
