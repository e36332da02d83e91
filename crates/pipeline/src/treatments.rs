//! What was done to an instance's data elements, found again when the one before it was treated alike.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, PoisonError, RwLock};
use tokumei_audit::{Step, Treatment};
use tokumei_core::{ActionCode, Tag};
use tokumei_deid::{Context, Place, Planned};
use tokumei_profile::resolve;
use tokumei_wire::{DataSet, NodeId, NodeKind};

/// The treatments of a run so far, by a form of their steps that costs no text to make.
#[derive(Default)]
pub(crate) struct Treatments {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    treatments: HashMap<Arc<[u8]>, Arc<Treatment>>,
    /// The last new ones, which are compared before the others are looked up: a study has few, and a form is long.
    recent: VecDeque<(Arc<[u8]>, Arc<Treatment>)>,
    /// Bytes of the forms and the lines.
    bytes: usize,
}

/// Treatments that are compared.
const RECENT: usize = 8;

/// Bytes of treatments that are remembered, some thousand of common ones; the instances of further ones are written out one
/// by one.
const MOST: usize = 16 << 20;

impl Treatments {
    /// Returns the treatment of these changes, which are gone through a second time where none was alike.
    pub(crate) fn of<'a, I: Iterator<Item = Planned<'a>>>(
        &self,
        changes: impl Fn() -> I,
        data_set: &DataSet,
        context: &Context<'_>,
    ) -> Arc<Treatment> {
        let mut paths = Paths { data_set, context, levels: HashMap::new(), recent: None, blinded: HashMap::new() };
        let mut form = Vec::with_capacity(4096);
        changes().for_each(|change| paths.push_form(&change, &mut form));
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).find(&form);
        known.unwrap_or_else(|| {
            let step = |change: Planned<'_>| Step {
                action: change.action,
                path: paths.write(change.place),
                rule: change.rule.to_owned(),
                vr: change.vr,
            };
            let treatment = Arc::new(Treatment::new(changes().map(step).collect()));
            self.remember(form, &treatment);
            treatment
        })
    }

    fn remember(&self, form: Vec<u8>, treatment: &Arc<Treatment>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // The steps take about as much as their line.
        let bytes = known.bytes.saturating_add(form.len() + 2 * treatment.line().len());
        if bytes <= MOST {
            let form: Arc<[u8]> = form.into();
            known.bytes = bytes;
            known.recent.truncate(RECENT - 1);
            known.recent.push_front((Arc::clone(&form), Arc::clone(treatment)));
            known.treatments.insert(form, Arc::clone(treatment));
        }
    }
}

impl Known {
    fn find(&self, form: &[u8]) -> Option<Arc<Treatment>> {
        let recent = self.recent.iter().find(|(known, _)| **known == *form).map(|(_, treatment)| treatment);
        recent.or_else(|| self.treatments.get(form)).cloned()
    }
}

/// The private creators of a level by group and block; `None` for a block that two of them claim.
type Creators = BTreeMap<(u16, u8), Option<String>>;

/// Writes the paths of nodes with the names of private creators, where those are known to be harmless.
struct Paths<'a> {
    data_set: &'a DataSet,
    context: &'a Context<'a>,
    /// Those of the levels met before the recent one.
    levels: HashMap<Option<NodeId>, Creators>,
    /// The level met last, which mostly is that of the next element too.
    recent: Option<(Option<NodeId>, Creators)>,
    /// What stands for the creators met so far that may not be shown.
    blinded: HashMap<String, String>,
}

impl Paths<'_> {
    fn write(&mut self, place: Place) -> String {
        match place {
            Place::Node(node) => self.of(node),
            Place::Inserted(tag) => tag.to_string(),
        }
    }

    /// Adds what a step is written from: two steps are equal where these bytes are.
    fn push_form(&mut self, change: &Planned<'_>, form: &mut Vec<u8>) {
        let mut place = match change.place {
            Place::Node(node) => Some(node),
            Place::Inserted(tag) => {
                form.push(b'+');
                form.extend_from_slice(&tag.0.to_le_bytes());
                form.extend_from_slice(&tag.1.to_le_bytes());
                None
            }
        };
        while let Some(id) = place {
            let node = self.data_set.node(id);
            match node.kind {
                NodeKind::Item => {
                    form.push(b'[');
                    form.extend(node.ordinal.to_le_bytes());
                }
                _ => self.push_element(node.tag, node.parent, form),
            }
            place = node.parent;
        }
        form.push(b';');
        form.extend_from_slice(change.action.as_str().as_bytes());
        form.push(b' ');
        form.extend_from_slice(change.vr.as_str().as_bytes());
        push_text(change.rule, form);
    }

    fn push_element(&mut self, tag: Tag, level: Option<NodeId>, form: &mut Vec<u8>) {
        form.push(b'(');
        form.extend_from_slice(&tag.0.to_le_bytes());
        form.extend_from_slice(&tag.1.to_le_bytes());
        if let Some(creator) = self.creator(tag, level) {
            push_text(creator, form);
        }
    }

    /// Returns the private creator of an element, where it has one and no other claims its block.
    fn creator(&mut self, tag: Tag, level: Option<NodeId>) -> Option<&String> {
        let block = tag.creator()?;
        if self.recent.as_ref().is_none_or(|(recent, _)| *recent != level) {
            let creators = self.levels.remove(&level).unwrap_or_else(|| creators_of(self.data_set, level));
            self.levels.extend(self.recent.replace((level, creators)));
        }
        let (_, creators) = self.recent.as_ref()?;
        creators.get(&(tag.group(), block.element() as u8)).and_then(Option::as_ref)
    }

    fn of(&mut self, id: NodeId) -> String {
        let node = self.data_set.node(id);
        let step = match node.kind {
            NodeKind::Item => format!("[{}]", node.ordinal),
            _ => self.element(node.tag, node.parent),
        };
        match node.parent {
            Some(parent) => self.of(parent) + &step,
            None => step,
        }
    }

    fn element(&mut self, tag: Tag, level: Option<NodeId>) -> String {
        let Some(creator) = self.creator(tag, level).cloned() else { return tag.to_string() };
        let element = tag.element() as u8;
        // Only a creator that the profile knows is shown: any other may be the name of a person or a hospital.
        let decision = self.context.profile.private(&creator, tag.group(), element);
        let known = matches!(resolve(decision.code, None, true), ActionCode::K | ActionCode::C);
        let name = if known {
            creator
        } else {
            let blind = |creator: &String| format!("#{}", self.context.pseudonyms.blind(creator));
            self.blinded.entry(creator).or_insert_with_key(blind).clone()
        };
        format!("({:04x},\"{name}\",{element:02x})", tag.group())
    }
}

fn creators_of(data_set: &DataSet, level: Option<NodeId>) -> Creators {
    let mut creators = BTreeMap::new();
    for id in data_set.children(level) {
        let tag = data_set.node(id).tag;
        if let Some(value) = tag.is_private_creator().then(|| data_set.value(id)).flatten() {
            let creator = String::from_utf8_lossy(value).trim_matches([' ', '\0']).to_owned();
            let block = (tag.group(), tag.element() as u8);
            creators.entry(block).and_modify(|there| *there = None).or_insert(Some(creator));
        }
    }
    creators
}

/// Adds a text behind its length, so that no two rows of texts are alike.
fn push_text(text: &str, form: &mut Vec<u8>) {
    form.extend_from_slice(&text.len().to_le_bytes());
    form.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_of_headers_that_are_all_different_has_a_bound() {
        let (treatments, treatment) = (Treatments::default(), Arc::new(Treatment::new(Vec::new())));
        for number in 0..64 {
            treatments.remember(vec![number; 1 << 20], &treatment);
        }
        let known = treatments.known.read().unwrap();
        let held: usize = known.treatments.keys().map(|form| form.len()).sum();
        assert!(held > MOST / 2 && held <= MOST && known.bytes <= MOST, "{held}");
    }
}
