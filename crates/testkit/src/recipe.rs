//! Recipes: text that says what a file holds, how it is written and what must become of it.
//!
//! ```text
//! expect: quarantined
//! why: a value ends behind the end of the file
//! use: patient ct            # elements of seeds/recipes/base/patient.inc and ct.inc
//! encoding: implicit-le
//! truncate: 10
//! PatientName "YAMADA^TARO=" jis"山田" "^" jis"太郎"
//! (0008,1140) SQ undefined
//!   item
//!     ReferencedSOPInstanceUID "1.2.3"
//! ```
//!
//! A later element replaces an earlier one of the same tag unless it says `again`. Elements are sorted by tag unless
//! `order: as-written`. Several files are separated by `--- NAME`; what stands before the first is common to all.

mod body;
mod head;

use crate::{Element, Item, Layout, Value, emit};
use std::path::{Path, PathBuf};
use tokumei_core::{State, Tag};

/// One recipe: what it makes, and what must become of it.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Its name: the file name without the ending.
    pub name: String,
    /// Why the expected state is right.
    pub why: String,
    /// The profile it is meant for; `None` for the default one.
    pub profile: Option<String>,
    /// Texts that no output may hold, in any encoding.
    pub forbid: Vec<String>,
    /// Its files.
    pub files: Vec<RecipeFile>,
}

/// One file of a recipe.
#[derive(Clone, Debug)]
pub struct RecipeFile {
    /// The path of the file inside the study's folder.
    pub name: String,
    /// The state in which it must end.
    pub expect: State,
    /// The id of the reason that must be given, where the recipe names one.
    pub reason: Option<String>,
    /// The file itself.
    pub bytes: Vec<u8>,
}

/// A recipe that cannot be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// A line that means nothing.
    #[error("{recipe}, line {line}: {what}")]
    Line {
        /// The name of the recipe.
        recipe: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// Something that must be said is missing.
    #[error("{recipe}: `{what}` is missing")]
    Missing {
        /// The name of the recipe.
        recipe: String,
        /// What is missing.
        what: &'static str,
    },
    /// A file cannot be read.
    #[error("{path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// What has been said of a file so far.
#[derive(Clone, Default)]
struct Draft {
    expect: Option<State>,
    reason: Option<String>,
    layout: Layout,
    as_written: bool,
    deep: usize,
    raw: Option<Vec<u8>>,
    elements: Vec<Element>,
}

impl Recipe {
    /// Follows the recipe `text`; `base` gives the text of a named set of elements.
    ///
    /// # Errors
    /// [`RecipeError::Line`] names the first line that means nothing, [`RecipeError::Missing`] what was not said.
    pub fn parse(name: &str, text: &str, base: &dyn Fn(&str) -> Option<String>) -> Result<Recipe, RecipeError> {
        let mut recipe =
            Recipe { name: name.into(), why: String::new(), profile: None, forbid: Vec::new(), files: Vec::new() };
        let mut common = None;
        let mut draft = Draft::default();
        let mut file = format!("{name}.dcm");
        let mut lines = body::lines(text);
        while let Some(line) = lines.next() {
            let fail = |what: String| RecipeError::Line { recipe: name.into(), line: line.number, what };
            if let Some(next) = line.text.strip_prefix("---") {
                match &common {
                    None => common = Some(draft.clone()),
                    Some(_) => recipe.push(&file, &draft)?,
                }
                draft = common.clone().unwrap_or_default();
                file = next.trim().into();
            } else if let Some((key, value)) = head::split(line.text) {
                head::apply(&mut recipe, &mut draft, key, value, base).map_err(fail)?;
            } else {
                let element = body::element(line, &mut lines).map_err(fail)?;
                draft.put(element);
            }
        }
        recipe.push(&file, &draft)?;
        if recipe.why.is_empty() {
            return Err(RecipeError::Missing { recipe: name.into(), what: "why" });
        }
        Ok(recipe)
    }

    /// Follows the recipe in a file; named sets of elements are looked up in the folder `base` beside it.
    ///
    /// # Errors
    /// Those of [`Recipe::parse`], and [`RecipeError::Read`].
    pub fn load(path: &Path) -> Result<Recipe, RecipeError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| RecipeError::Read { path: path.to_path_buf(), source })?;
        let folder = path.with_file_name("base");
        let base = |name: &str| std::fs::read_to_string(folder.join(format!("{name}.inc"))).ok();
        Recipe::parse(&path.file_stem().unwrap_or_default().to_string_lossy(), &text, &base)
    }

    fn push(&mut self, file: &str, draft: &Draft) -> Result<(), RecipeError> {
        let expect = draft.expect.ok_or(RecipeError::Missing { recipe: self.name.clone(), what: "expect" })?;
        self.files.push(RecipeFile { name: file.into(), expect, reason: draft.reason.clone(), bytes: draft.bytes() });
        Ok(())
    }
}

impl Draft {
    fn put(&mut self, element: Element) {
        match self.elements.iter_mut().find(|other| !element.again && other.tag == element.tag) {
            Some(other) => *other = element,
            None => self.elements.push(element),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let mut elements = self.elements.clone();
        if self.deep > 0 {
            elements.push(nested(self.deep));
        }
        if !self.as_written {
            elements.sort_by_key(|element| element.tag);
        }
        emit(&elements, &self.layout)
    }
}

/// Returns Content Sequence (0040,A730) that holds itself, `depth` times, with a text at the bottom.
fn nested(depth: usize) -> Element {
    let mut element = Element::text(Tag(0x0040, 0xA160), "UT", "the bottom");
    for _ in 0..depth {
        let item = Item { elements: vec![element], ..Item::default() };
        element = Element::new(Tag(0x0040, 0xA730), "SQ", Value::Items(vec![item]));
    }
    element
}

/// Follows every recipe in `folder`, in the order of their names.
///
/// # Errors
/// The first error of [`Recipe::load`], or [`RecipeError::Read`] for the folder itself.
pub fn recipes(folder: &Path) -> Result<Vec<Recipe>, RecipeError> {
    let fail = |source| RecipeError::Read { path: folder.to_path_buf(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        paths.push(entry.map_err(fail)?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "recipe"));
    paths.sort();
    paths.iter().map(|path| Recipe::load(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Recipe, RecipeError> {
        let base = |name: &str| (name == "one").then(|| "PatientID \"1\"\nModality \"CT\"\n".to_string());
        Recipe::parse("case", text, &base)
    }

    fn body(text: &str) -> Vec<u8> {
        let head = "expect: released\nwhy: a test\nuse: one\nmeta: none\npreamble: none\n";
        parse(&format!("{head}{text}")).unwrap().files[0].bytes.clone()
    }

    #[test]
    fn own_element_replaces_the_one_of_the_base_and_all_are_sorted() {
        assert_eq!(body("PatientID \"2\"\n"), b"\x08\0\x60\0CS\x02\0CT\x10\0\x20\0LO\x02\x002 ");
    }

    #[test]
    fn element_that_says_again_stands_beside_the_first() {
        let expected = b"\x08\0\x60\0CS\x02\0CT\x10\0\x20\0LO\x02\x001 \x10\0\x20\0LO\x02\x002 ";
        assert_eq!(body("PatientID again \"2\"\n"), expected);
    }

    #[test]
    fn items_follow_the_indentation() {
        let text = "drop: Modality PatientID\n(0008,1140) SQ undefined\n  item\n    ReferencedSOPInstanceUID \"1.2\"\n";
        let expected = b"\x08\0\x40\x11SQ\0\0\xFF\xFF\xFF\xFF\xFE\xFF\0\xE0\x0C\0\0\0\
            \x08\0\x55\x11UI\x04\x001.2\0\xFE\xFF\xDD\xE0\0\0\0\0";
        assert_eq!(body(text), expected);
    }

    #[test]
    fn several_files_share_what_stands_before_the_first() {
        let text =
            "why: a pair\nuse: one\n--- a.dcm\nexpect: released\n--- b.dcm\nexpect: quarantined\nPatientID \"2\"\n";
        let recipe = parse(text).unwrap();
        let states: Vec<_> = recipe.files.iter().map(|file| (file.name.as_str(), file.expect)).collect();
        assert_eq!(states, [("a.dcm", State::Released), ("b.dcm", State::Quarantined)]);
        assert_ne!(recipe.files[0].bytes, recipe.files[1].bytes);
    }

    #[test]
    fn wrong_line_is_named_with_its_number() {
        let error = parse("expect: released\nwhy: x\nNoSuchKeyword \"1\"\n").unwrap_err();
        assert!(error.to_string().starts_with("case, line 3:"), "{error}");
        assert!(matches!(parse("why: x\n"), Err(RecipeError::Missing { what: "expect", .. })));
    }

    #[test]
    fn every_recipe_of_the_repository_can_be_followed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds/recipes");
        let recipes = recipes(&folder).unwrap();
        assert!(recipes.len() >= 40, "{} recipes", recipes.len());
    }
}
