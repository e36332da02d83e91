//! `tokumei bench`: this machine and these data, measured beside a plain copy.

mod measure;

use crate::arguments::BenchArgs;
use crate::command::run::{problem, threads, watch_signals_and_clear};
use crate::console::{Console, show};
use crate::problem::Problem;
use crate::table;
use measure::{Measure, files_below, median, most_memory};
use serde_json::{Value, json};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokumei_core::State;
use tokumei_pipeline::{Config, Part, Report};
use tokumei_profile::Profile;

/// Copies the data and de-identifies them, several times in turn, and prints what that took. Nothing of it stays.
pub fn bench(args: &BenchArgs, console: &Console) -> Result<u8, Problem> {
    let profile = Profile::load(&args.profile)?;
    let unread = |error: std::io::Error| Problem::new("run-input").at(&args.dir).because(&error);
    let files = files_below(&args.dir).map_err(unread)?;
    if files.is_empty() {
        return Err(Problem::new("bench-nothing").at(&args.dir));
    }
    let place = args.work.clone().unwrap_or_else(std::env::temp_dir);
    let unwritten = |error: std::io::Error| Problem::new("bench-work").at(&place).because(&error);
    // Only the owner can enter it, and it goes with everything in it, whatever happens.
    let work = tempfile::Builder::new().prefix("tokumei-bench-").tempdir_in(&place).map_err(unwritten)?;
    let stop = watch_signals_and_clear(work.path()).map_err(|error| Problem::new("signal").because(&error))?;
    let mut bench = Bench { args, profile, files, work: work.path(), stop: &stop, console, rounds: Vec::new() };
    for number in 1..=args.rounds.max(1) {
        console.note("bench-round", &[("number", &number.to_string()), ("rounds", &args.rounds.max(1).to_string())]);
        let round = bench.round(number)?;
        if stop.load(Ordering::Relaxed) {
            return Err(Problem::new("bench-stopped"));
        }
        bench.rounds.push(round);
    }
    console.result(|| bench.text(), || bench.value());
    Ok(0)
}

/// A measurement under way.
struct Bench<'a> {
    args: &'a BenchArgs,
    profile: Profile,
    /// What is there, with lengths.
    files: Vec<(PathBuf, u64)>,
    work: &'a Path,
    stop: &'a AtomicBool,
    console: &'a Console,
    rounds: Vec<Round>,
}

/// What was measured in one turn.
struct Round {
    copy: Measure,
    one: (Measure, Report),
    /// With all workers; none where there is but one.
    all: Option<(Measure, Report)>,
}

impl Bench<'_> {
    fn round(&self, number: u32) -> Result<Round, Problem> {
        let copies = self.work.join("copy");
        let unwritten = |error: std::io::Error| Problem::new("bench-work").at(self.work).because(&error);
        let (copy, copied) = Measure::of(|| measure::copy(&self.files, &copies, self.stop));
        copied.and_then(|()| std::fs::remove_dir_all(&copies)).map_err(unwritten)?;
        if self.stop.load(Ordering::Relaxed) {
            return Err(Problem::new("bench-stopped"));
        }
        let one = self.run(number, NonZeroUsize::MIN)?;
        let workers = threads(self.args.threads.as_deref())?.unwrap_or_else(measure::cores);
        let all = (workers > NonZeroUsize::MIN).then(|| self.run(number, workers)).transpose()?;
        Ok(Round { copy, one, all })
    }

    fn run(&self, number: u32, workers: NonZeroUsize) -> Result<(Measure, Report), Problem> {
        let out = self.work.join(format!("out-{number}-{workers}"));
        let profile = self.profile.clone();
        let mut config = Config::new(profile, vec![self.args.dir.clone()], out);
        config.threads = Some(workers);
        config.digest = self.args.digest.into();
        config.guard_scope = self.args.guard_scope.into();
        let (measure, report) = Measure::of(|| tokumei_pipeline::run(&config, self.stop, &()));
        let report = report.map_err(|error| problem(error, self.console))?;
        for folder in [config.out.clone(), crate::command::run::vault_of(&config)] {
            let gone = std::fs::remove_dir_all(&folder);
            gone.map_err(|error| Problem::new("bench-work").at(self.work).because(&error))?;
        }
        Ok((measure, report))
    }

    fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, bytes)| bytes).sum()
    }

    /// Returns what was measured, by the words of the catalog: the copy, one worker, all of them.
    fn medians(&self) -> Vec<(&'static str, usize, Measure)> {
        let of = |pick: fn(&Round) -> Option<Measure>| median(self.rounds.iter().filter_map(pick).collect());
        let workers = self.rounds.first().and_then(|_| threads(self.args.threads.as_deref()).ok().flatten());
        let workers = workers.unwrap_or_else(measure::cores).get();
        let rows = [
            ("bench-copy", 1, of(|round| Some(round.copy))),
            ("bench-run", 1, of(|round| Some(round.one.0))),
            ("bench-run", workers, of(|round| round.all.as_ref().map(|(measure, _)| *measure))),
        ];
        rows.into_iter().filter_map(|(word, workers, measure)| Some((word, workers, measure?))).collect()
    }

    /// Returns the shares of the parts of the work of one worker, in thousandths, all rounds together.
    fn shares(&self) -> Vec<(Part, u64)> {
        let spent = |part: Part| -> Duration {
            let all = self.rounds.iter().flat_map(|round| &round.one.1.spent);
            all.filter(|(of, _)| *of == part).map(|(_, time)| *time).sum()
        };
        let total: Duration = Part::ALL.iter().map(|part| spent(*part)).sum();
        let share = |part: &Part| (spent(*part).as_nanos() * 1000).checked_div(total.as_nanos()).unwrap_or(0);
        Part::ALL.iter().map(|part| (*part, u64::try_from(share(part)).unwrap_or(0))).collect()
    }

    fn released(&self) -> usize {
        let last = self.rounds.last().map(|round| &round.one.1.rows);
        last.map_or(0, |rows| rows.iter().filter(|row| row.state == State::Released).count())
    }

    fn text(&self) -> String {
        let say = |id: &str| self.console.say(id, &[]);
        let (files, bytes) = (self.files.len(), self.bytes());
        let facts = [
            ("files", files.to_string()),
            ("megabytes", format!("{:.1}", bytes as f64 / 1e6)),
            ("released", self.released().to_string()),
            ("rounds", self.rounds.len().to_string()),
            ("place", show(&self.args.dir)),
        ];
        let facts: Vec<(&str, &str)> = facts.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let heads = ["bench-wall", "bench-files", "bench-megabytes", "bench-cpu", "bench-ratio"];
        let mut rows = vec![std::iter::once(String::new()).chain(heads.map(say)).collect::<Vec<_>>()];
        let medians = self.medians();
        let copy = medians.first().map(|(.., measure)| *measure).unwrap_or_default();
        for (word, workers, measure) in &medians {
            let per_second = |amount: f64| format!("{:.0}", amount / measure.wall.as_secs_f64().max(1e-9));
            rows.push(vec![
                self.console.say(word, &[("workers", &workers.to_string())]),
                format!("{:.3}", measure.wall.as_secs_f64()),
                per_second(files as f64),
                per_second(bytes as f64 / 1e6),
                format!("{:.3}", measure.cpu.as_secs_f64()),
                ratio(measure.cpu, copy.cpu).map_or("–".into(), |ratio| format!("{ratio:.2}")),
            ]);
        }
        let bar = |share: u64| "█".repeat(usize::try_from(share / 25).unwrap_or(0));
        let part = |(part, share): &(Part, u64)| {
            vec![
                format!("  {}", say(&format!("bench-part-{}", part.as_str()))),
                format!("{:>5.1} %", *share as f64 / 10.0),
                bar(*share),
            ]
        };
        let parts: Vec<_> = self.shares().iter().map(part).collect();
        let memory = most_memory().map(|bytes| format!("{:.0}", bytes as f64 / f64::from(1 << 20)));
        let memory = memory.map(|mebibytes| self.console.say("bench-memory", &[("mebibytes", &mebibytes)]));
        [
            self.console.say("bench-what", &facts) + "\n\n" + &table::lines(&rows),
            say("bench-parts") + "\n" + &table::lines(&parts),
            memory.map(|line| line + "\n").unwrap_or_default(),
        ]
        .join("\n")
    }

    fn value(&self) -> Value {
        let copy = self.medians().first().map(|(.., measure)| *measure).unwrap_or_default();
        let measured = |(word, workers, measure): (&str, usize, Measure)| {
            json!({
                "what": word.trim_start_matches("bench-"),
                "workers": workers,
                "wall_seconds": measure.wall.as_secs_f64(),
                "cpu_seconds": measure.cpu.as_secs_f64(),
                "cpu_by_copy": ratio(measure.cpu, copy.cpu),
            })
        };
        let shares = self.shares().into_iter().map(|(part, share)| (part.as_str().to_owned(), json!(share)));
        json!({
            "files": self.files.len(),
            "bytes": self.bytes(),
            "released": self.released(),
            "rounds": self.rounds.len(),
            "medians": self.medians().into_iter().map(measured).collect::<Vec<_>>(),
            "thousandths": shares.collect::<serde_json::Map<_, _>>(),
            "memory_bytes": most_memory(),
        })
    }
}

/// Returns how many times as long one took as the other; `None` where that is too short to be told.
fn ratio(one: Duration, other: Duration) -> Option<f64> {
    (other >= Duration::from_millis(1)).then(|| one.as_secs_f64() / other.as_secs_f64())
}
