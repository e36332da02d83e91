//! What the review page is answered: the review of one vault, in the words of the program.

use super::sampler::Sampler;
use super::{Terms, short};
use crate::console::show;
use crate::language::Language;
use crate::message::{Catalog, Variables, printable};
use crate::problem::Problem;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokumei_core::{Reason as Held, Region, State};
use tokumei_pipeline::review::{Decide, Glance, Item, Opened, Review, Verdict, Window as Levels};
use tokumei_pipeline::{MaskRules, Picture, Request};
use tokumei_profile::policy::KeyPolicy;
use tokumei_review::{
    Ask, Asked, Decision, Desk, Entry, Instance, Made, Mark, Queue, Reason, Refusal, Rejection, Release, Text, Why,
    Window, Words,
};

/// The review of one vault.
pub struct VaultDesk {
    vault: PathBuf,
    terms: Arc<Terms>,
    rules: MaskRules,
    /// The profile as it was named on the command line.
    named: Option<String>,
    language: Language,
    english: Catalog,
    japanese: Catalog,
    review: Mutex<Review>,
    sampler: Sampler,
    /// Why nothing that has left is there to be looked at; known once it was tried.
    unsampled: Mutex<Option<Refusal>>,
    /// The instances looked at last, the last one last.
    opened: Mutex<Vec<Kept>>,
    release: Arc<Mutex<Release>>,
    running: Mutex<Option<JoinHandle<()>>>,
}

/// An instance that stays open while it is looked at.
struct Kept {
    item: String,
    stamp: String,
    opened: Arc<Mutex<Opened>>,
}

/// So many instances stay open: in two tabs, the one in view and the next.
const OPEN: usize = 4;
/// No more of what a release says is kept.
const SAID: u64 = 64 << 10;

/// Takes a lock; whoever panicked while holding it left whole values behind.
fn hold<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl VaultDesk {
    /// Opens the review of a vault.
    pub fn open(vault: &Path, terms: Terms, named: Option<String>, language: Language) -> Result<VaultDesk, Problem> {
        let review = Review::open(vault)?;
        let rules = terms.mask_rules()?;
        Ok(VaultDesk {
            vault: vault.to_owned(),
            terms: Arc::new(terms),
            rules,
            named,
            language,
            english: Catalog::new(Language::English),
            japanese: Catalog::new(Language::Japanese),
            review: Mutex::new(review),
            sampler: Sampler::default(),
            unsampled: Mutex::default(),
            opened: Mutex::default(),
            release: Arc::default(),
            running: Mutex::default(),
        })
    }

    /// Says something in both languages.
    fn text(&self, say: impl Fn(&Catalog) -> String) -> Text {
        Text { en: say(&self.english), ja: say(&self.japanese) }
    }

    fn refusal(&self, problem: &Problem) -> Refusal {
        let variables: Vec<_> = problem.variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let why = match problem.id {
            "review-stale" => Why::Stale,
            "review-unknown-item" => Why::Missing,
            "review-io" | "review-record" | "review-original" | "key-file" => Why::Broken,
            _ => Why::Refused,
        };
        Refusal { why, id: problem.id.to_owned(), words: Box::new(self.words_of(problem.id, &variables)) }
    }

    fn words_of(&self, id: &str, variables: Variables) -> Words {
        Words {
            what: self.text(|catalog| catalog.parts(id, variables).what),
            next: self.text(|catalog| catalog.parts(id, variables).next.unwrap_or_default()),
        }
    }

    fn words_of_reason(&self, reason: &str) -> Words {
        self.words_of(&format!("reason-{reason}"), &[])
    }

    /// Says why there is nothing to see.
    fn unseen(&self, (_, reason): &(State, Held)) -> Refusal {
        let mut words = self.words_of_reason(reason.id);
        if !reason.place.is_empty() {
            let (place, what) = (printable(&reason.place), &words.what);
            words.what = Text { en: format!("{} ({place})", what.en), ja: format!("{}（{place}）", what.ja) };
        }
        Refusal { why: Why::Refused, id: reason.id.to_owned(), words: Box::new(words) }
    }

    /// Returns all items as they are now, others' decisions too.
    fn items(&self, review: &mut Review) -> Result<Vec<Item>, Refusal> {
        let refused = |problem: Problem| self.refusal(&problem);
        review.refresh().map_err(|error| refused(error.into()))?;
        if let Some(drawn) = self.sampler.take(&self.terms) {
            let tried = drawn.map(|outputs| review.look_at(outputs)).map_err(refused);
            *hold(&self.unsampled) = tried.err();
        }
        self.terms.items(review).map_err(refused)
    }

    fn item(&self, review: &mut Review, id: &str) -> Result<Item, Refusal> {
        let found = self.items(review)?.into_iter().find(|item| item.id == id);
        found.ok_or_else(|| {
            let known: String = short(id).chars().take(8).collect();
            self.refusal(&Problem::new("review-unknown-item").with("item", known).at(&self.vault))
        })
    }

    fn kept(&self, id: &str) -> Option<Arc<Mutex<Opened>>> {
        let kept = hold(&self.opened);
        kept.iter().find(|kept| kept.item == id).map(|kept| Arc::clone(&kept.opened))
    }

    /// Returns an instance opened, from what stays open if it is there.
    fn instance(&self, id: &str) -> Result<Arc<Mutex<Opened>>, Refusal> {
        match self.kept(id) {
            Some(opened) => Ok(opened),
            None => self.open_anew(id),
        }
    }

    fn open_anew(&self, id: &str) -> Result<Arc<Mutex<Opened>>, Refusal> {
        let item = self.item(&mut hold(&self.review), id)?;
        {
            let mut kept = hold(&self.opened);
            kept.retain(|kept| kept.item != id || kept.stamp == item.stamp);
            if let Some(index) = kept.iter().position(|kept| kept.item == id) {
                let last = kept.remove(index);
                let opened = Arc::clone(&last.opened);
                kept.push(last);
                return Ok(opened);
            }
        }
        let opened = self.opened(&item).map_err(|held| self.unseen(&held))?;
        let mut kept = hold(&self.opened);
        let excess = (kept.len() + 1).saturating_sub(OPEN);
        kept.drain(..excess);
        kept.push(Kept { item: item.id, stamp: item.stamp, opened: Arc::clone(&opened) });
        Ok(opened)
    }

    fn opened(&self, item: &Item) -> Result<Arc<Mutex<Opened>>, (State, Held)> {
        Ok(Arc::new(Mutex::new(self.terms.opened(item, &self.rules)?)))
    }

    fn entry(&self, item: &Item) -> Entry {
        let (id, place) = item.reason.split_once(' ').unwrap_or((&item.reason, ""));
        Entry {
            id: item.id.clone(),
            source: show(&item.source),
            state: item.state.as_str().to_owned(),
            reason: Reason { id: id.to_owned(), place: printable(place) },
            approvable: item.approvable,
            approvals: item.approvals,
            rejections: item
                .rejections
                .iter()
                .map(|one| Rejection { number: one.number, reviewer: printable(&one.reviewer) })
                .collect(),
            in_release: item.is_out,
            outdated: item.outdated,
            stamp: item.stamp.clone(),
            decisions: item.decisions.iter().map(made).collect(),
        }
    }

    fn unreleasable(&self) -> Option<Refusal> {
        let profile = &self.terms.profile;
        let problem = || Problem::new("review-ephemeral").with("profile", profile.name()).at(&self.vault);
        (profile.policy().key == KeyPolicy::Ephemeral).then(|| self.refusal(&problem()))
    }

    /// The command that releases what is approved: the same as anybody would type.
    fn command(&self, language: &str) -> std::io::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--lang", if language == "ja" { "ja" } else { "en" }, "--quiet", "review"]).arg(&self.vault);
        if let Some(profile) = &self.named {
            command.args(["--profile", profile]);
        }
        command.arg("release").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        Ok(command)
    }
}

impl Desk for VaultDesk {
    fn texts(&self) -> (serde_json::Value, &'static str) {
        let language = if self.language == Language::Japanese { "ja" } else { "en" };
        let [en, ja] = [&self.english, &self.japanese].map(|catalog| catalog.labels("page-"));
        (serde_json::json!({ "en": en, "ja": ja }), language)
    }

    fn words(&self, id: &str) -> Text {
        self.text(|catalog| catalog.say(&format!("page-refused-{id}"), &[]))
    }

    fn queue(&self) -> Result<Queue, Refusal> {
        let items = self.items(&mut hold(&self.review))?;
        let items: Vec<Entry> = items.iter().map(|item| self.entry(item)).collect();
        let ids: std::collections::BTreeSet<&str> = items.iter().map(|item| item.reason.id.as_str()).collect();
        let known = ids.into_iter().filter(|id| !id.is_empty());
        let reasons: BTreeMap<String, Words> = known.map(|id| (id.to_owned(), self.words_of_reason(id))).collect();
        Ok(Queue {
            reviewers: self.terms.reviewers(),
            profile: self.terms.profile.name().to_owned(),
            vault: show(&self.vault),
            reasons,
            items,
            unreleasable: self.unreleasable(),
            unsampled: hold(&self.unsampled).clone(),
            sampling: self.sampler.is_running(),
            release: hold(&self.release).clone(),
        })
    }

    fn open(&self, item: &str) -> Result<Instance, Refusal> {
        let opened = self.open_anew(item)?;
        let mut opened = hold(&opened);
        let (columns, rows, frames) = opened.size();
        let range = if opened.is_grey() { opened.range(0).map_err(|held| self.unseen(&held))? } else { (0.0, 255.0) };
        Ok(Instance {
            columns,
            rows,
            frames,
            grey: opened.is_grey(),
            windows: opened.windows().iter().map(|(centre, width)| [*centre, *width]).collect(),
            range: [range.0, range.1],
            marks: opened.requests().iter().map(mark).collect(),
        })
    }

    fn picture(&self, ask: &Ask) -> Result<Picture, Refusal> {
        let masks: Option<Vec<Region>> = ask.masks.as_ref().map(|masks| masks.iter().map(region).collect());
        let window = match ask.window {
            Window::Header => Levels::Header,
            Window::Full => Levels::Full,
            Window::Even => Levels::Even,
            Window::Levels(centre, width) => Levels::Levels { centre, width },
        };
        let (frame, side) = (ask.frame, ask.side);
        let glance = Glance { frame, area: region(&ask.area), side, window, masks: masks.as_deref() };
        let opened = self.instance(&ask.item)?;
        let shown = hold(&opened).picture(&glance).map_err(|held| self.unseen(&held))?;
        Ok(shown.picture)
    }

    fn propose(&self, item: &str, frame: u64) -> Result<Vec<Mark>, Refusal> {
        let opened = self.instance(item)?;
        let found = hold(&opened).propose(frame).map_err(|held| self.unseen(&held))?;
        Ok(found.iter().map(mark).collect())
    }

    fn decide(&self, decision: &Decision) -> Result<Entry, Refusal> {
        let masks: Vec<Region> = decision.masks.iter().map(region).collect();
        if let Some(empty) = decision.masks.iter().find(|mask| mask[2] == 0 || mask[3] == 0) {
            return Err(self.refusal(&Problem::new("review-mask").with("mask", format!("{empty:?}"))));
        }
        let mut review = hold(&self.review);
        let item = self.item(&mut review, &decision.item)?;
        let decide = Decide {
            reviewer: &decision.reviewer,
            reason: &decision.reason,
            verdict: verdict(decision.verdict),
            masks: &masks,
            lifts: &decision.lifts,
            seen: Some(&decision.stamp),
        };
        // The lock on what is open is not held while the record is written.
        let mut sight = || {
            let opened = self.kept(&item.id).map_or_else(|| self.opened(&item), Ok)?;
            hold(&opened).sight()
        };
        let decided = review.decide(&item, &decide, &mut sight, self.terms.reviewers(), self.terms.profile.hash());
        Ok(self.entry(&decided.map_err(|error| self.refusal(&error.into()))?))
    }

    fn release(&self, language: &str) -> Result<(), Refusal> {
        if let Some(refusal) = self.unreleasable() {
            return Err(refusal);
        }
        let mut running = hold(&self.running);
        if *hold(&self.release) == Release::Running {
            return Ok(());
        }
        let failed = |error: std::io::Error| self.refusal(&Problem::new("review-io").at(&self.vault).because(&error));
        let mut child = self.command(language).and_then(|mut command| command.spawn()).map_err(failed)?;
        *hold(&self.release) = Release::Running;
        let (release, sampler) = (Arc::clone(&self.release), self.sampler.clone());
        *running = Some(std::thread::spawn(move || {
            let mut said = Vec::new();
            if let Some(mut from) = child.stderr.take() {
                let _ = from.by_ref().take(SAID).read_to_end(&mut said);
                let _ = std::io::copy(&mut from, &mut std::io::sink());
            }
            let code = child.wait().ok().and_then(|status| status.code()).and_then(|code| u8::try_from(code).ok());
            let said = printable(String::from_utf8_lossy(&said).trim());
            sampler.again();
            *hold(&release) = Release::Ended(code.unwrap_or(2), said);
        }));
        Ok(())
    }

    fn close(&self) {
        // A release that was asked for is brought to its end; it hears of Ctrl-C itself.
        if let Some(running) = hold(&self.running).take() {
            let _ = running.join();
        }
    }
}

fn made(decision: &tokumei_pipeline::review::Decision) -> Made {
    Made {
        reviewer: printable(&decision.reviewer),
        reason: printable(&decision.reason),
        verdict: decision.verdict.as_str().to_owned(),
        masks: decision.masks.iter().map(rectangle).collect(),
    }
}

fn verdict(asked: Asked) -> Verdict {
    match asked {
        Asked::Approve => Verdict::Approve,
        Asked::Reject => Verdict::Reject,
        Asked::Reopen => Verdict::Reopen,
    }
}

fn mark(request: &Request) -> Mark {
    Mark {
        region: rectangle(&request.region),
        by: request.by.clone(),
        source: request.source.as_str().to_owned(),
        score: request.score.map(|score| f64::from(score) / 1000.0),
    }
}

fn rectangle(region: &Region) -> [u32; 4] {
    [region.x, region.y, region.width, region.height]
}

fn region(&[x, y, width, height]: &[u32; 4]) -> Region {
    Region { x, y, width, height }
}
