//! What the instances of a study state together, so that none of them lets out what another one says.

use crate::Shard;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use tokumei_deid::{Context, Statements};

/// What a run knows of a study before any instance of it is planned.
pub(crate) struct Study {
    /// A keyed digest of what the study states, by which a later run knows whether that is still all.
    pub mark: String,
    /// What all instances state together; `None` where each of them states the same.
    pub statements: Option<Statements>,
}

/// Gathers what instances state, in any order and from any thread.
pub(crate) struct Gathering {
    /// The share whose studies count: those of the others would only need memory.
    shard: Shard,
    studies: Mutex<HashMap<[u8; 16], Gathered>>,
}

struct Gathered {
    statements: Statements,
    differ: bool,
}

impl Gathering {
    pub(crate) fn new(shard: Shard) -> Gathering {
        Gathering { shard, studies: Mutex::default() }
    }

    /// Adds what one instance of a study states.
    pub(crate) fn add(&self, study: [u8; 16], statements: Statements) {
        if !self.shard.holds(&study) {
            return;
        }
        let mut studies = self.studies.lock().unwrap_or_else(PoisonError::into_inner);
        match studies.entry(study) {
            Entry::Vacant(place) => {
                place.insert(Gathered { statements, differ: false });
            }
            Entry::Occupied(mut there) => {
                let there = there.get_mut();
                there.differ |= there.statements != statements;
                there.statements.merge(&statements);
            }
        }
    }

    /// Returns the studies; of those whose instances all state the same nothing but the mark is kept.
    pub(crate) fn finish(self, context: &Context<'_>) -> HashMap<[u8; 16], Arc<Study>> {
        let studies = self.studies.into_inner().unwrap_or_else(PoisonError::into_inner);
        let study = |gathered: Gathered| Study {
            mark: mark(&gathered.statements, context),
            statements: gathered.differ.then_some(gathered.statements),
        };
        studies.into_iter().map(|(digest, gathered)| (digest, Arc::new(study(gathered)))).collect()
    }
}

/// Returns sixteen hexadecimal digits that only the key holder can recompute.
fn mark(statements: &Statements, context: &Context<'_>) -> String {
    let mut digest = context.pseudonyms.keyed_digest_stream("study-statements");
    statements.digest(|part| digest.update(part));
    tokumei_core::hex(&digest.finish()[..8])
}
