//! The sample of what has left, drawn while the page is there already: the whole ledger is verified for it.

use super::Terms;
use crate::problem::Problem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokumei_pipeline::review::Outputs;

/// Draws the sample once, and again when it is told to.
#[derive(Clone, Default)]
pub struct Sampler(Arc<(Mutex<Stand>, Condvar)>);

#[derive(Default)]
struct Stand {
    /// Raised when what is drawn is no longer what is wanted.
    number: u64,
    state: State,
}

#[derive(Default)]
enum State {
    #[default]
    Due,
    Running,
    Drawn(Result<Outputs, Problem>),
    Taken,
}

/// Of a small release the sample is there at once; for that the page waits.
const MOMENT: Duration = Duration::from_millis(400);

impl Sampler {
    /// Begins to draw where it is due, waits a moment, and returns what was drawn, once.
    pub fn take(&self, terms: &Arc<Terms>) -> Option<Result<Outputs, Problem>> {
        let mut stand = self.hold();
        if matches!(stand.state, State::Due) {
            stand.state = State::Running;
            let (sampler, terms, number) = (self.clone(), Arc::clone(terms), stand.number);
            std::thread::spawn(move || sampler.keep(number, terms.sample()));
        }
        let running = |stand: &mut Stand| matches!(stand.state, State::Running);
        let waited = self.0.1.wait_timeout_while(stand, MOMENT, running);
        let (mut stand, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut stand.state, State::Taken) {
            State::Drawn(drawn) => Some(drawn),
            other => {
                stand.state = other;
                None
            }
        }
    }

    /// Tells whether it is being drawn.
    pub fn is_running(&self) -> bool {
        matches!(self.hold().state, State::Running)
    }

    /// Has it drawn again: the release is another.
    pub fn again(&self) {
        let mut stand = self.hold();
        *stand = Stand { number: stand.number + 1, state: State::Due };
    }

    fn keep(&self, number: u64, drawn: Result<Outputs, Problem>) {
        let mut stand = self.hold();
        if stand.number == number {
            stand.state = State::Drawn(drawn);
        }
        self.0.1.notify_all();
    }

    fn hold(&self) -> MutexGuard<'_, Stand> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
