//! One module a command: it takes checked arguments, calls the rooms, prints, and returns the exit code.

pub mod audit;
pub mod bench;
pub mod dataset;
pub mod demo;
pub mod ids;
pub mod inspect;
pub mod key;
pub mod linkage;
pub mod profile;
pub mod report;
pub mod review;
pub mod run;
pub mod verify;
