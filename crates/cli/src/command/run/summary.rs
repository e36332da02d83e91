//! What a run says at its end: counts that add up, reasons, places, and what to do next.

use super::vault_of;
use crate::console::{Console, show};
use crate::progress::Planned;
use crate::table;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokumei_core::{State, Tag, dictionary};
use tokumei_pipeline::{ClockState, Config, Report, Stop};

/// The end of a run.
pub struct Summary<'a> {
    /// What was asked.
    pub config: &'a Config,
    /// What became of it.
    pub report: &'a Report,
    /// What a dry run would change.
    pub planned: &'a BTreeMap<Planned, u64>,
    /// The language to say it in.
    pub console: &'a Console,
}

impl Summary<'_> {
    /// Returns the summary for people.
    pub fn text(&self) -> String {
        let mut out = self.plan();
        out.push_str(&self.headline());
        out.push_str(&self.counts());
        out.push('\n');
        out.push_str(&self.places());
        out.push_str(&self.next());
        out
    }

    fn headline(&self) -> String {
        let profile = &self.config.profile;
        let files = self.report.rows.len().to_string();
        let head = [("files", files.as_str()), ("profile", profile.name()), ("version", profile.version())];
        let mut out = format!("{}\n", self.console.say("run-head", &head));
        if self.config.dry_run {
            out.push_str(&format!("{}\n", self.console.say("run-dry", &[])));
        } else if self.report.unchanged {
            out.push_str(&format!("{}\n", self.console.say("run-nothing-changed", &[])));
        }
        out
    }

    /// Returns one line a state with its reasons below; the states add up to what was discovered.
    fn counts(&self) -> String {
        let reasons = self.report.reasons();
        let mut rows = vec![self.row("run-discovered", self.report.rows.len())];
        for (state, count) in self.report.counts() {
            rows.push(self.row(&format!("state-{state}"), count));
            for ((_, id), count) in reasons.iter().filter(|((of, _), _)| *of == state) {
                let text = self.console.say(&format!("reason-{id}"), &[]);
                rows.push(vec![String::new(), count.to_string(), format!("{id}: {text}")]);
            }
        }
        if self.report.hidden.instances > 0 {
            rows.push(self.row("run-hidden", self.report.hidden.instances));
            let rule = |(id, count): (&String, &u64)| vec![String::new(), count.to_string(), id.clone()];
            rows.extend(self.report.hidden.rules.iter().map(rule));
        }
        if let Some(linked) = self.report.linked {
            rows.push(self.row("run-linked", linked.added));
        }
        if self.report.unlinked > 0 {
            rows.push(self.row("run-unlinked", self.report.unlinked));
        }
        if self.report.taken_out > 0 {
            rows.push(self.row("run-taken-out", self.report.taken_out));
        }
        if self.report.readmitted > 0 {
            rows.push(self.row("run-readmitted", self.report.readmitted));
        }
        if let Some(version) = self.report.version {
            rows.push(self.row("run-version", version));
        }
        if self.report.elsewhere > 0 {
            rows.push(self.row("run-elsewhere", self.report.elsewhere));
        }
        table::lines(&rows)
    }

    fn row(&self, id: &str, count: impl ToString) -> Vec<String> {
        vec![self.console.say(id, &[]), count.to_string()]
    }

    fn places(&self) -> String {
        let report = self.report;
        let vault = vault_of(self.config);
        let mut rows = Vec::new();
        let mut add = |id: &str, text: String| rows.push(vec![self.console.say(id, &[]), text]);
        if !self.config.dry_run && !report.discarded {
            add("run-place-release", show(&self.config.out));
            add("run-place-report", show(&self.config.out.join("report.html")));
            add("run-place-ledger", show(&self.config.out.join("audit").join("ledger.jsonl")));
            add("run-place-index", show(&vault.join("index.csv")));
        }
        let destroyed = || self.console.say("run-key-destroyed", &[]);
        if !self.config.dry_run {
            add("run-key", report.key.map_or_else(destroyed, |id| id.to_string()));
        }
        if let Some(root) = &report.merkle_root {
            add("run-root", root.clone());
        }
        if report.certificates > 0 {
            add("run-certificates", report.certificates.to_string());
        }
        let seconds = report.elapsed.as_secs_f64().max(0.001);
        let megabytes = report.bytes_in as f64 / 1e6;
        let numbers = [
            ("written", report.written.to_string()),
            ("reused", report.reused.to_string()),
            ("megabytes", format!("{megabytes:.1}")),
            ("seconds", format!("{seconds:.1}")),
            ("rate", format!("{:.1}", megabytes / seconds)),
        ];
        let numbers: Vec<_> = numbers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let time = if self.config.dry_run { "run-time-dry" } else { "run-time" };
        format!("{}{}\n", table::lines(&rows), self.console.say(time, &numbers))
    }

    fn next(&self) -> String {
        let report = self.report;
        let index = show(&vault_of(self.config).join("index.csv"));
        let release = show(&self.config.out);
        let mut ids = Vec::new();
        if report.earlier_tool.is_some() {
            ids.push("run-next-newer");
        }
        let held = |row: &tokumei_pipeline::Row| matches!(row.state, State::Quarantined | State::Failed);
        if self.config.dry_run {
            ids.push("run-next-dry");
        } else {
            if (report.stopped.is_some() && !report.discarded) || report.unsealed {
                ids.push("run-next-again");
            }
            if report.rows.iter().any(held) {
                ids.push("run-next-look");
            }
            if !report.discarded && !report.unsealed {
                ids.push("run-next-complete");
            }
        }
        let tool = report.earlier_tool.as_deref().unwrap_or_default();
        let variables = [("index", index.as_str()), ("release", &release), ("tool", tool)];
        let line = |id: &&str| format!("{}{}\n", self.console.say("run-next", &[]), self.console.say(id, &variables));
        ids.iter().map(line).collect()
    }

    /// Returns what a dry run would change: one line a kind of place, with how many elements.
    fn plan(&self) -> String {
        let line = |((tags, vr, action, rule), count): (&Planned, &u64)| {
            vec![place(tags), keyword(tags), (*vr).into(), (*action).into(), rule.clone(), count.to_string()]
        };
        let rows: Vec<_> = self.planned.iter().map(line).collect();
        if rows.is_empty() { String::new() } else { table::lines(&rows) + "\n" }
    }

    /// Returns the summary for programs.
    pub fn value(&self) -> Value {
        let report = self.report;
        let counts: BTreeMap<_, _> =
            report.counts().into_iter().map(|(state, count)| (state.as_str(), count)).collect();
        let reason = |((state, id), count): ((State, &str), u64)| json!({ "state": state.as_str(), "reason": id, "count": count });
        let planned = |((tags, vr, action, rule), count): (&Planned, &u64)| json!({ "path": place(tags), "keyword": keyword(tags), "vr": vr, "action": action, "rule": rule, "count": count });
        json!({
            "profile": { "name": self.config.profile.name(), "version": self.config.profile.version(), "hash": self.config.profile.hash() },
            "discovered": report.rows.len(),
            "counts": counts,
            "reasons": report.reasons().into_iter().map(reason).collect::<Vec<_>>(),
            "elsewhere": report.elsewhere,
            "taken_out": report.taken_out,
            "people_readmitted": report.readmitted,
            "release_was_older": report.older,
            "linkage_rows_removed": report.unlinked,
            "linkage_table_begun_anew": report.table_anew,
            "files_of_no_paper": report.strays,
            "dataset_version": report.version,
            "consent_lines_about_nobody": report.unmet,
            "linkage": report.linked.map(|linked| json!({ "people": linked.people, "added": linked.added, "torn": linked.torn })),
            "hidden": { "instances": report.hidden.instances, "rules": report.hidden.rules, "unmatched": self.unmatched() },
            "written": report.written,
            "reused": report.reused,
            "unchanged": report.unchanged,
            "stopped": report.stopped.map(|stop| match stop { Stop::Asked => "asked", Stop::DiskFull => "disk-full" }),
            "discarded": report.discarded,
            "unsealed": report.unsealed,
            "bytes_in": report.bytes_in,
            "bytes_out": report.bytes_out,
            "seconds": report.elapsed.as_secs_f64(),
            "key": report.key.map(|id| id.to_string()),
            "merkle_root": report.merkle_root,
            "certificates": report.certificates,
            "clock": report.clock.map(ClockState::as_str),
            "release": show(&self.config.out),
            "vault": show(&vault_of(self.config)),
            "dry_run": self.config.dry_run,
            "changes": self.planned.iter().map(planned).collect::<Vec<_>>(),
        })
    }

    /// Returns the mask rules of the site that hid nothing, where instances were looked at: a slip of the pen hides nothing
    /// either.
    fn unmatched(&self) -> Vec<&str> {
        let looked = self.report.written > 0 || self.config.dry_run;
        let hid = |id: &str| {
            let sources = ["site", "ultrasound"];
            sources.iter().any(|source| self.report.hidden.rules.contains_key(&format!("{source}/{id}")))
        };
        let rules = self.config.mask_rules.site.iter().filter(|_| looked);
        rules.map(|rule| rule.id.as_str()).filter(|id| !hid(id)).collect()
    }

    /// Says on standard error what the operator must not miss.
    pub fn warn(&self) {
        let report = self.report;
        let unmatched = self.unmatched();
        if !unmatched.is_empty() {
            let count = unmatched.len().to_string();
            let few = unmatched[..unmatched.len().min(5)].join(", ");
            self.console
                .message("part-warning", &self.console.parts("run-unmatched", &[("count", &count), ("rules", &few)]));
        }
        if !report.unmet.is_empty() {
            let count = report.unmet.len().to_string();
            let few: Vec<String> = report.unmet.iter().take(LINES).map(u64::to_string).collect();
            let more = if report.unmet.len() > LINES { ", …" } else { "" };
            let lines = few.join(", ") + more;
            let parts = self.console.parts("run-consent-nobody", &[("count", &count), ("lines", &lines)]);
            self.console.message("part-warning", &parts);
        }
        if report.table_anew {
            self.console.message("part-warning", &self.console.parts("run-table-anew", &[]));
        }
        if report.older {
            self.console.message("part-warning", &self.console.parts("run-older", &[]));
        }
        if report.strays > 0 {
            let count = report.strays.to_string();
            self.console.message("part-warning", &self.console.parts("run-strays", &[("count", &count)]));
        }
        if report.clock == Some(ClockState::Unsynchronised) {
            self.console.message("part-warning", &self.console.parts("run-clock", &[]));
        }
        if report.linked.is_some_and(|linked| linked.torn) {
            self.console.message("part-warning", &self.console.parts("run-linkage-torn", &[]));
        }
        let id = match report.stopped {
            Some(_) if report.discarded => "run-discarded",
            Some(Stop::DiskFull) => "run-disk-full",
            Some(Stop::Asked) => "run-stopped",
            None if report.unsealed => "run-unsealed",
            None => return,
        };
        let path = show(&self.config.out);
        self.console.message("part-warning", &self.console.parts(id, &[("path", &path)]));
    }
}

/// How many lines of a file a warning names.
const LINES: usize = 20;

fn place(tags: &[Tag]) -> String {
    tags.iter().map(Tag::to_string).collect::<Vec<_>>().join("[]")
}

fn keyword(tags: &[Tag]) -> String {
    tags.last().and_then(|tag| dictionary::keyword(*tag)).unwrap_or("–").to_string()
}
