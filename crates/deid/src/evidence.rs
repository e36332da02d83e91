//! What an instance states of people, made ready for cleaning and for the guard.
//!
//! Spelling out names and building the searches costs more than all else about a small instance, and the instances of
//! a study state the same. So each thread remembers the last few; that changes the time a plan takes, never the plan.

use crate::action::clean::Cleaners;
use crate::harvest::Statements;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use tokumei_text::Identifiers;
use tokumei_wire::DataSet;

/// Studies that a thread remembers.
const REMEMBERED: usize = 4;

thread_local! {
    static RECENT: RefCell<VecDeque<Rc<Evidence>>> = const { RefCell::new(VecDeque::new()) };
}

/// The identifiers of an instance and the searches for them.
pub struct Evidence {
    statements: Statements,
    complete: bool,
    cleaners: Cleaners,
}

impl Evidence {
    /// Returns the identifiers in all their spellings.
    pub fn identifiers(&self) -> &Identifiers {
        self.cleaners.identifiers()
    }

    /// Tells whether everything stated could be spelled out.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    pub(crate) fn statements(&self) -> &Statements {
        &self.statements
    }

    pub(crate) fn cleaners(&self) -> &Cleaners {
        &self.cleaners
    }
}

/// Returns the evidence of an instance: the same for every instance that states the same.
pub fn evidence(data_set: &DataSet) -> Rc<Evidence> {
    spelled_out(&Statements::of(data_set))
}

/// Returns the evidence of what instances state together.
pub fn spelled_out(statements: &Statements) -> Rc<Evidence> {
    RECENT.with_borrow_mut(|recent| {
        if let Some(known) = recent.iter().position(|known| known.statements == *statements) {
            recent.swap(0, known);
            return Rc::clone(&recent[0]);
        }
        let identifiers = statements.identifiers();
        let complete = identifiers.is_some();
        let cleaners = Cleaners::new(identifiers.unwrap_or_default());
        let new = Rc::new(Evidence { statements: statements.clone(), complete, cleaners });
        recent.truncate(REMEMBERED - 1);
        recent.push_front(Rc::clone(&new));
        new
    })
}
