//! Whole runs over small synthetic studies.
#![allow(clippy::unwrap_used)]

mod anonymized;
mod audited;
mod kit;
mod masked;
mod refused;
mod resumed;
mod states;
mod study;
