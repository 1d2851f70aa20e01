//! See `davit_core::fuzz::key`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| davit_core::fuzz::key(bytes));
