//! What the fuzz target does with one input; the tests do the same with the corpus.

use crate::{Context, PixelWork, apply, evidence, identity, plan};
use tokumei_profile::Profile;
use tokumei_pseudonym::{ProjectKey, Pseudonyms, Settings};
use tokumei_wire::{Limits, read};

/// Largest data set that a fuzz input may claim, so that a run stays small.
const LIMITS: Limits = Limits { depth: 64, nodes: 100_000, head: 4 << 20, tail: 1 << 20, inflated: 4 << 20 };

/// Plans and applies the de-identification of any bytes. The first byte chooses the profile.
///
/// # Panics
/// When a plan is not the same twice, or what it writes cannot be read and planned again.
pub fn replay(bytes: &[u8]) {
    let Some((choice, file)) = bytes.split_first() else { return };
    let names = Profile::builtin_names();
    let profile = Profile::builtin(names[usize::from(*choice) % names.len()]).expect("built-in profiles compile");
    let pseudonyms = Pseudonyms::new(&ProjectKey::from_bytes([9; 32]), Settings::default());
    let context = Context { profile: &profile, pseudonyms: &pseudonyms, site: "fuzz" };
    let source = file.to_vec();
    let Ok(data_set) = read(&source, &LIMITS) else { return };
    let _ = identity(&data_set, &context);
    let _ = evidence(&data_set);
    let Ok(first) = plan(&data_set, &context, &PixelWork::default()) else { return };
    let Ok(second) = plan(&data_set, &context, &PixelWork::default()) else {
        panic!("the same data set gives the same plan")
    };
    assert!(first.changes(&data_set) == second.changes(&data_set), "a plan is pure");
    let Ok(splice) = apply(&first, &data_set) else { return };
    let mut out = Vec::new();
    splice.write(&source, &mut out).expect("memory takes every byte");
    assert!(out[..128].iter().all(|byte| *byte == 0), "the preamble is zero");
    let Ok(again) = read(&out, &Limits::default()) else { panic!("what was written can be read") };
    assert!(plan(&again, &context, &PixelWork::default()).is_ok(), "what was released can be planned again");
}
