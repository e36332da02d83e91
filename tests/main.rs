//! The whole program, and crates together: one binary.

#![allow(clippy::unwrap_used)] // Everything here is a test, helpers too.

mod architecture;
mod bad_input;
mod bench;
mod commands;
mod consent;
mod corpus;
mod crash;
mod dataset;
mod determinism;
mod identities;
mod ids;
mod linkage;
mod masking;
mod merged;
mod odd_frames;
mod peers;
mod people;
mod property;
mod readme;
mod recipes;
mod report;
mod review;
mod review_page;
mod standing;
mod support;
mod tamper;
