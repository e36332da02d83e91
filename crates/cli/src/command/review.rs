//! `tokumei review`: what waits in quarantine, decided by people with a name.

mod desk;
mod page;
mod sampler;

use crate::arguments::{Args, Command, DecideArgs, ReviewArgs, ReviewCommand, RunArgs};
use crate::command::dataset;
use crate::command::run::{self, remember, vault_of};
use crate::console::{Console, show as show_path};
use crate::problem::Problem;
use crate::table;
use clap::Parser;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use tokumei_audit::name_key;
use tokumei_core::{Reason, Region, State};
use tokumei_pipeline::MaskRules;
use tokumei_pipeline::review::{
    Decide, Decision, Item, Opened, Outputs, Review, ReviewError, ReviewState, Sight, Verdict,
};
use tokumei_profile::Profile;
use tokumei_profile::policy::KeyPolicy;

/// Lists, decides and releases.
pub fn review(args: ReviewArgs, console: &Console) -> Result<u8, Problem> {
    let vault = args.vault;
    // Programs read the list; people look at the page.
    let plain = ReviewCommand::List { sampled: false };
    let usual = if console.is_json() && args.port.is_none() { plain } else { ReviewCommand::Page };
    let command = args.command.unwrap_or(usual);
    if args.port.is_some() && !matches!(command, ReviewCommand::Page) {
        return Err(Problem::new("usage-unknown-argument")
            .with("argument", "--port")
            .with("suggestion", "review VAULT page --port N"));
    }
    let terms = Terms::find(&vault, args.profile.as_deref())?;
    match command {
        ReviewCommand::Page => page::page(&vault, args.port.unwrap_or(0), args.profile, terms, console),
        ReviewCommand::List { sampled } => list(&vault, &terms, sampled, console),
        ReviewCommand::Show { item } => show(&vault, &item, &terms, console),
        ReviewCommand::Approve { decide: words, mask } => {
            let masks = mask.iter().map(|text| rectangle(text)).collect::<Result<Vec<_>, _>>()?;
            decide(&vault, &words, &What::Approve(masks), &terms, console)
        }
        ReviewCommand::Reject { decide: words } => decide(&vault, &words, &What::Reject, &terms, console),
        ReviewCommand::Reopen { decide: words, rejected_by } => {
            decide(&vault, &words, &What::Reopen(rejected_by), &terms, console)
        }
        ReviewCommand::Release { readmit } => release(&vault, readmit, &terms, console),
    }
}

/// What a decision is bound to.
struct Terms {
    profile: Profile,
    /// Files with the rules of the site that the last run followed.
    rules: Vec<PathBuf>,
    /// The release that the last run made, and the key it was told to take.
    made: Option<Made>,
}

/// What the last run made.
struct Made {
    release: PathBuf,
    key: PathBuf,
}

impl Terms {
    /// Takes the profile named, else that of the last run into the vault.
    fn find(vault: &Path, named: Option<&str>) -> Result<Terms, Problem> {
        if !vault.join("index.csv").is_file() {
            return Err(Problem::new("review-no-vault").at(vault));
        }
        let last = remember::spoken(vault).ok().and_then(|mut commands| commands.pop());
        let last = last.and_then(|last| Some((run_args(&last)?, last.folder)));
        let rules = last.iter().flat_map(|(args, folder)| args.mask_rules.iter().map(|path| folder.join(path)));
        let rules = rules.collect();
        let made = last.as_ref().map(|(args, folder)| Made {
            release: folder.join(&args.out),
            key: args.key.as_ref().map_or_else(|| vault.join("project.key"), |key| folder.join(key)),
        });
        let followed = last.map(|(args, folder)| {
            // A file is named from the folder in which the run was started.
            let file = folder.join(&args.profile);
            let file = file.to_str().filter(|_| file.is_file()).map(str::to_owned);
            file.unwrap_or(args.profile)
        });
        let profile = match (named, &followed) {
            (None, None) => return Err(Problem::new("review-no-command").at(vault)),
            (None, Some(followed)) => Profile::load(followed)?,
            (Some(named), None) => Profile::load(named)?,
            (Some(named), Some(followed)) => the_same(Profile::load(named)?, followed, vault)?,
        };
        Ok(Terms { profile, rules, made })
    }

    fn reviewers(&self) -> u32 {
        self.profile.policy().reviewers.max(1)
    }

    /// Draws what people look at of the release: the sample that a freeze asks for, and instances in which something was
    /// hidden.
    fn sample(&self) -> Result<Outputs, Problem> {
        let Some(Made { release, key }) = &self.made else { return Ok(Outputs::default()) };
        if !release.join("audit").join("root.json").is_file() {
            return Ok(Outputs::default());
        }
        let files = dataset::looked_at(release, key, &self.profile)?;
        Ok(Outputs { release: release.clone(), files, ..Outputs::default() })
    }

    /// Returns the outputs that are named by their paths, or by those of their originals.
    fn named(&self, names: &[String]) -> Outputs {
        let paths: Vec<PathBuf> = names.iter().filter_map(|name| std::fs::canonicalize(name).ok()).collect();
        let release = self.made.as_ref().map(|made| made.release.clone()).unwrap_or_default();
        let root = std::fs::canonicalize(&release).ok();
        let within = |path: &PathBuf| {
            let file = path.strip_prefix(root.as_ref()?).ok().filter(|file| file.starts_with("dicom"))?;
            file.to_str().map(str::to_owned)
        };
        Outputs { release, files: paths.iter().filter_map(within).collect(), originals: paths.into_iter().collect() }
    }

    /// Opens what is looked at: the original, beside it the output where it has left.
    fn opened(&self, item: &Item, rules: &MaskRules) -> Result<Opened, (State, Reason)> {
        match &item.output {
            Some(output) => Opened::open_output(output, &item.source, &self.profile, rules),
            None => Opened::open(&item.source, &self.profile, rules),
        }
    }

    fn mask_rules(&self) -> Result<MaskRules, Problem> {
        Ok(MaskRules { site: run::mask_rules(&self.rules)?, ..MaskRules::default() })
    }

    fn items(&self, review: &Review) -> Result<Vec<Item>, Problem> {
        Ok(review.items(self.reviewers(), self.profile.hash())?)
    }
}

/// Returns the profile that somebody has named, unless the release was made by another one: what people decide under one profile
/// counts under no other.
fn the_same(named: Profile, followed: &str, vault: &Path) -> Result<Profile, Problem> {
    match Profile::load(followed) {
        Ok(last) if last.hash() != named.hash() => {
            Err(Problem::new("review-other-profile").with("profile", last.name()).at(vault))
        }
        _ => Ok(named),
    }
}

fn run_args(spoken: &remember::Spoken) -> Option<RunArgs> {
    match Args::try_parse_from(&spoken.words).ok()?.command {
        Command::Run(args) => Some(args),
        _ => None,
    }
}

fn list(vault: &Path, terms: &Terms, sampled: bool, console: &Console) -> Result<u8, Problem> {
    let mut review = Review::open(vault)?;
    if sampled {
        review.look_at(terms.sample()?);
    }
    let items = terms.items(&review)?;
    console.result(
        || overview(vault, &items.iter().collect::<Vec<_>>(), &items, terms, console),
        || json!({ "items": items.iter().map(value).collect::<Vec<_>>(), "reviewers": terms.reviewers() }),
    );
    Ok(0)
}

/// Prints some items, and how all of them stand.
fn overview(vault: &Path, shown: &[&Item], items: &[Item], terms: &Terms, console: &Console) -> String {
    if items.is_empty() {
        return console.say("review-empty", &[]) + "\n";
    }
    let row = |item: &Item| {
        vec![
            short(&item.id).to_owned(),
            state(item, console),
            agreed(item, terms, console),
            item.reason.clone(),
            show_path(&item.source),
        ]
    };
    let mut out = table::lines(&shown.iter().copied().map(row).collect::<Vec<_>>());
    let count = |wanted| items.iter().filter(|item| item.state == wanted).count().to_string();
    let fixed = items.iter().filter(|item| item.state == ReviewState::InReview && !item.approvable).count().to_string();
    let (approved, path) = (count(ReviewState::Approved), show_path(vault));
    let numbers = [
        ("waiting", count(ReviewState::InReview)),
        ("fixed", fixed),
        ("approved", approved.clone()),
        ("rejected", count(ReviewState::Rejected)),
        ("released", count(ReviewState::Released)),
        ("out", items.iter().filter(|item| item.is_out && item.state == ReviewState::Rejected).count().to_string()),
        ("vault", path),
    ];
    let numbers: Vec<_> = numbers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    out.push_str(&format!("{}\n", console.say("review-sum", &numbers)));
    if items.iter().any(|item| item.state == ReviewState::InReview && item.approvable) {
        out.push_str(&format!("{}\n", console.say("review-next-look", &[])));
    }
    if items.iter().any(|item| item.is_out && item.state == ReviewState::Rejected) {
        out.push_str(&format!("{}\n", console.say("review-next-take-out", &numbers)));
    }
    if approved != "0" {
        out.push_str(&format!("{}\n", console.say("review-next-release", &numbers)));
    }
    out
}

fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

fn state(item: &Item, console: &Console) -> String {
    console.say(&format!("review-state-{}", item.state.as_str()), &[])
}

fn agreed(item: &Item, terms: &Terms, console: &Console) -> String {
    match item.state {
        ReviewState::InReview if !item.approvable => "–".to_owned(),
        ReviewState::Sampled => "–".to_owned(),
        _ => {
            let (given, needed) = (item.approvals.to_string(), terms.reviewers().to_string());
            console.say("review-approvals", &[("given", &given), ("needed", &needed)])
        }
    }
}

fn value(item: &Item) -> Value {
    json!({
        "id": item.id, "source": show_path(&item.source), "state": item.state, "reason": item.reason,
        "approvable": item.approvable, "approvals": item.approvals, "outdated": item.outdated, "decisions": item.decisions,
        "rejections": item.rejections.iter().map(|one| one.number).collect::<Vec<_>>(), "in-release": item.is_out,
    })
}

fn show(vault: &Path, name: &str, terms: &Terms, console: &Console) -> Result<u8, Problem> {
    let mut review = Review::open(vault)?;
    review.look_at(terms.named(&[name.to_owned()]));
    let items = terms.items(&review)?;
    let item = find(&items, name, vault)?;
    console.result(|| details(item, terms, console), || value(item));
    Ok(0)
}

fn details(item: &Item, terms: &Terms, console: &Console) -> String {
    let row = |id: &str, text: String| vec![console.say(id, &[]), text];
    let reason = item.reason.split(' ').next().unwrap_or_default();
    let mut rows = vec![
        vec!["id".to_owned(), item.id.clone()],
        row("review-source", show_path(&item.source)),
        row("review-output", item.output.as_deref().map_or_else(|| "–".to_owned(), show_path)),
        row("review-state", state(item, console)),
    ];
    if !reason.is_empty() {
        rows.push(row("review-held", format!("{}: {}", item.reason, console.say(&format!("reason-{reason}"), &[]))));
    }
    rows.push(row("review-agreed", agreed(item, terms, console)));
    for one in &item.decisions {
        let verdict = format!("review-verdict-{}", one.verdict.as_str());
        let masks: Vec<_> = one.masks.iter().map(|m| format!(" [{},{},{},{}]", m.x, m.y, m.width, m.height)).collect();
        let text = format!("{}: {}: {}{}", console.say(&verdict, &[]), one.reviewer, one.reason, masks.concat());
        rows.push(row("review-decision", crate::message::printable(&text)));
    }
    let mut out = table::lines(&rows);
    if item.outdated {
        out.push_str(&format!("{}\n", console.say("review-outdated", &[])));
    }
    if item.state == ReviewState::Rejected {
        out.push_str(&format!("{}\n", console.say("review-next-rejected", &[])));
    }
    if item.state == ReviewState::InReview {
        let id = if item.approvable { "review-next-look" } else { "review-not-approvable" };
        out.push_str(&format!("{}\n", console.say(id, &[])));
    }
    out
}

/// Finds an item by its id, the first letters of it, or the path of its original.
fn find<'i>(items: &'i [Item], name: &str, vault: &Path) -> Result<&'i Item, Problem> {
    let path = std::fs::canonicalize(name).unwrap_or_else(|_| PathBuf::from(name));
    let output = |item: &Item| item.output.as_ref().and_then(|output| std::fs::canonicalize(output).ok());
    let meant = |item: &&Item| {
        item.source == path
            || output(item).is_some_and(|found| found == path)
            || name.len() >= 4 && item.id.starts_with(name)
    };
    let mut found = items.iter().filter(meant);
    match (found.next(), found.next()) {
        (Some(item), None) => Ok(item),
        _ => Err(Problem::new("review-unknown-item").with("item", name).at(vault)),
    }
}

/// What is decided.
enum What {
    /// It may leave with this hidden.
    Approve(Vec<Region>),
    Reject,
    /// The rejections of these people hold no longer.
    Reopen(Vec<String>),
}

fn decide(vault: &Path, words: &DecideArgs, what: &What, terms: &Terms, console: &Console) -> Result<u8, Problem> {
    let mut review = Review::open(vault)?;
    review.look_at(terms.named(&words.items));
    let items = terms.items(&review)?;
    let mut meant: Vec<&Item> =
        words.items.iter().map(|name| find(&items, name, vault)).collect::<Result<_, Problem>>()?;
    let mut met = HashSet::new();
    meant.retain(|item| met.insert(&item.id));
    let lifts = meant.iter().map(|item| what.lifts(item)).collect::<Result<Vec<_>, _>>()?;
    let rules = terms.mask_rules()?;
    let mut seen: HashMap<&str, Sight> = HashMap::new();
    // All of them are tried before the first decision is put on record.
    for (item, lifts) in meant.iter().zip(&lifts) {
        let mut look = || {
            let sight = terms.opened(item, &rules)?.sight()?;
            seen.insert(&item.id, sight);
            Ok(sight)
        };
        review.check(item, &what.decide(words, lifts), &mut look)?;
    }
    for (item, lifts) in meant.iter().zip(&lifts) {
        let unseen = || (State::Failed, Reason::new("unreadable"));
        let mut sight = || seen.get(item.id.as_str()).copied().ok_or_else(unseen);
        let decide = what.decide(words, lifts);
        review.decide(item, &decide, &mut sight, terms.reviewers(), terms.profile.hash())?;
    }
    let all = terms.items(&review)?;
    let decided: Vec<&Item> = all.iter().filter(|item| met.contains(&item.id)).collect();
    console.result(
        || overview(vault, &decided, &all, terms, console),
        || json!({ "items": decided.iter().map(|item| value(item)).collect::<Vec<_>>(), "reviewers": terms.reviewers() }),
    );
    Ok(0)
}

impl What {
    fn decide<'w>(&'w self, words: &'w DecideArgs, lifts: &'w [u64]) -> Decide<'w> {
        let (verdict, masks) = match self {
            What::Approve(masks) => (Verdict::Approve, &masks[..]),
            What::Reject => (Verdict::Reject, &[][..]),
            What::Reopen(_) => (Verdict::Reopen, &[][..]),
        };
        Decide { reviewer: &words.reviewer, reason: &words.reason, verdict, masks, lifts, seen: None }
    }

    /// Returns the numbers of the rejections that are lifted, by the names of those who have made them.
    fn lifts(&self, item: &Item) -> Result<Vec<u64>, Problem> {
        let What::Reopen(names) = self else { return Ok(Vec::new()) };
        let of = |name: &String| {
            let same = |one: &&Decision| name_key(&one.reviewer) == name_key(name);
            let found = item.rejections.iter().find(same).map(|rejection| rejection.number);
            found.ok_or_else(|| Problem::new("review-not-rejected-by").with("item", short(&item.id)).with("name", name))
        };
        names.iter().map(of).collect()
    }
}

/// Parses `x,y,width,height`.
fn rectangle(text: &str) -> Result<Region, Problem> {
    let wrong = || Problem::new("review-mask").with("mask", text);
    let numbers: Result<Vec<u32>, _> = text.split(',').map(|number| number.trim().parse()).collect();
    match numbers.map_err(|_| wrong())?[..] {
        [x, y, width, height] if width > 0 && height > 0 => Ok(Region { x, y, width, height }),
        _ => Err(wrong()),
    }
}

/// Does again what was done on this vault, so that what is approved takes the road of any other instance: with the same
/// consent, the same selection, the rest of its study, and the guard.
fn release(vault: &Path, readmit: bool, terms: &Terms, console: &Console) -> Result<u8, Problem> {
    if terms.profile.policy().key == KeyPolicy::Ephemeral {
        return Err(Problem::new("review-ephemeral").with("profile", terms.profile.name()).at(vault));
    }
    // The record is looked at before anything is run.
    Review::open(vault)?;
    let unknown = || Problem::new("review-no-command").at(vault);
    let commands = remember::spoken(vault).map_err(|_| unknown())?;
    if commands.is_empty() {
        return Err(unknown());
    }
    let vault = std::fs::canonicalize(vault).map_err(|error| Problem::new("review-io").at(vault).because(&error))?;
    let mut code = 0;
    for spoken in &commands {
        let args = run_args(spoken).ok_or_else(unknown)?;
        let folder = std::env::set_current_dir(&spoken.folder);
        folder.map_err(|error| Problem::new("review-io").at(&spoken.folder).because(&error))?;
        let mut config = run::configure(args)?;
        config.readmit |= readmit;
        let same = std::fs::canonicalize(vault_of(&config)).is_ok_and(|found| found == vault);
        if !same {
            return Err(Problem::new("review-moved").at(&vault_of(&config)));
        }
        code = code.max(run::go(&config, console)?);
    }
    Ok(code)
}

impl From<ReviewError> for Problem {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::NoVault { path } => Problem::new("review-no-vault").at(&path),
            ReviewError::Io { path, source } => Problem::new("review-io").at(&path).because(&source),
            ReviewError::Key(error) => crate::command::dataset::signing(&error),
            ReviewError::SigningKeyLost { path } => Problem::new("run-signing-key-lost").at(&path),
            ReviewError::Record(error) => Problem::new("review-record").with("cause", error),
            ReviewError::Original { path, source } => Problem::new("review-original").at(&path).because(&source),
            ReviewError::Nameless => Problem::new("review-nameless"),
            ReviewError::NotApprovable { item, reason } => {
                Problem::new("review-cannot-approve").with("item", short(&item)).with("reason", reason)
            }
            ReviewError::Rejected { item, reviewer } => {
                Problem::new("review-rejected-by").with("item", short(&item)).with("name", reviewer)
            }
            ReviewError::NotRejected { item } => Problem::new("review-not-rejected").with("item", short(&item)),
            ReviewError::Unseen { item, reason } => {
                Problem::new("review-unseen").with("item", short(&item)).with("reason", reason)
            }
            ReviewError::MaskOutside { mask: Region { x, y, width, height }, size: (columns, rows) } => {
                Problem::new("review-mask-beside")
                    .with("mask", format!("{x},{y},{width},{height}"))
                    .with("columns", columns)
                    .with("rows", rows)
            }
            ReviewError::Stale { item } => Problem::new("review-stale").with("item", short(&item)),
            ReviewError::Released { item } => Problem::new("review-released").with("item", short(&item)),
            _ => Problem::new("review-record").with("cause", "–"),
        }
    }
}
