//! From a name, a file or a text to a profile: parsing, inheritance, checks.

use crate::builtin;
use crate::error::{Place, ProfileError, nearest};
use crate::file::{self, LegalClass, ProfileFile};
use crate::lint::{self, Severity};
use crate::policy::Policy;
use crate::profile::{Profile, Source};
use crate::site::SiteRule;
use crate::text::Bilingual;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tokumei_core::OptionName;

/// Most profiles that may extend each other.
const DEPTH: usize = 8;
/// Most bytes of a profile file.
const SIZE: u64 = 1 << 20;

impl Profile {
    /// Returns a built-in profile by its name or alias.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`] when there is none of this name.
    pub fn builtin(name: &str) -> Result<Profile, ProfileError> {
        match builtin::text(name) {
            Some((name, text)) => load(text, name, None),
            None => Err(unknown(name)),
        }
    }

    /// Returns the names of the built-in profiles, aliases left out.
    pub fn builtin_names() -> &'static [&'static str] {
        builtin::NAMES
    }

    /// Returns a built-in profile by its name, or the profile in a file.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`] when it is neither, [`ProfileError::Read`] when the file cannot be read, and what
    /// [`Profile::from_toml`] says.
    pub fn load(name_or_path: &str) -> Result<Profile, ProfileError> {
        if builtin::text(name_or_path).is_some() {
            return Profile::builtin(name_or_path);
        }
        let path = Path::new(name_or_path);
        if !path.exists() && !name_or_path.ends_with(".toml") && path.components().count() == 1 {
            return Err(unknown(name_or_path));
        }
        load(&read(path)?, name_or_path, Some(path))
    }

    /// Returns the profile in a TOML text; `origin` names the text in messages.
    ///
    /// A text can extend built-in profiles only, since it has no place from which to find a file.
    ///
    /// # Errors
    /// [`ProfileError::Syntax`] with line, column and key when the text is not a profile; [`ProfileError::Cycle`] and
    /// [`ProfileError::Depth`] when profiles extend each other wrongly; [`ProfileError::Missing`] when name, version or
    /// another required key is nowhere; [`ProfileError::TooLarge`] over a mebibyte; [`ProfileError::Contradiction`] when the profile contradicts itself.
    pub fn from_toml(text: &str, origin: &str) -> Result<Profile, ProfileError> {
        if text.len() as u64 > SIZE {
            return Err(ProfileError::TooLarge { origin: origin.to_owned() });
        }
        load(text, origin, None)
    }
}

fn load(text: &str, origin: &str, path: Option<&Path>) -> Result<Profile, ProfileError> {
    let mut seen = vec![identity(origin, path)];
    let mut chain = vec![Layer::new(text, origin, path)?];
    while let Some((parent, seat)) = chain.last().and_then(Layer::parent) {
        let (text, origin, path) = open(&parent, &seat)?;
        let id = identity(&origin, path.as_deref());
        if seen.contains(&id) {
            return Err(ProfileError::Cycle { origin });
        }
        if seen.len() == DEPTH {
            return Err(ProfileError::Depth { origin, limit: DEPTH });
        }
        seen.push(id);
        chain.push(Layer::new(&text, &origin, path.as_deref())?);
    }
    let source = merge(chain, origin)?;
    let profile = Profile::compile(source);
    let errors: Vec<_> = lint::lint(&profile).into_iter().filter(|one| one.severity == Severity::Error).collect();
    if errors.is_empty() {
        Ok(profile)
    } else {
        Err(ProfileError::Contradiction { name: profile.name().to_owned(), findings: errors })
    }
}

/// One file of a chain of profiles that extend each other.
struct Layer {
    file: ProfileFile,
    text: String,
    origin: String,
    path: Option<PathBuf>,
}

impl Layer {
    fn new(text: &str, origin: &str, path: Option<&Path>) -> Result<Layer, ProfileError> {
        let file = file::parse(text, origin)?;
        let layer = Layer { file, text: text.to_owned(), origin: origin.to_owned(), path: path.map(Path::to_owned) };
        layer.check_reasons()?;
        Ok(layer)
    }

    /// Returns what the file extends, and from where to look for it.
    fn parent(&self) -> Option<(String, Seat)> {
        let extends = self.file.extends.as_ref()?;
        let place = Place::at(&self.origin, &self.text, extends.span().start);
        let folder = self.path.as_deref().map(|path| path.parent().unwrap_or(Path::new("")).to_owned());
        Some((extends.get_ref().clone(), Seat { place, folder }))
    }

    /// Refuses a reason for a key that is neither an option nor a policy.
    fn check_reasons(&self) -> Result<(), ProfileError> {
        let known = || OptionName::ALL.iter().map(|option| option.key()).chain(Policy::NAMES.iter().copied());
        let Some(key) = self.file.why.keys().find(|key| known().all(|name| name != key.as_str())) else {
            return Ok(());
        };
        let offset = self.text.find(&format!("why.{key}")).map(|at| at + 4).or_else(|| self.text.find(key.as_str()));
        Err(ProfileError::Syntax {
            place: Place::at(&self.origin, &self.text, offset.unwrap_or(0)),
            key: Some(key.clone()),
            message: format!("`{key}` is neither an option nor a policy"),
            suggestion: nearest(key, known()),
        })
    }
}

/// Where a file says what it extends.
struct Seat {
    place: Place,
    folder: Option<PathBuf>,
}

/// Opens what a file extends: a built-in profile, or a file beside it.
fn open(parent: &str, seat: &Seat) -> Result<(String, String, Option<PathBuf>), ProfileError> {
    if let Some((name, text)) = builtin::text(parent) {
        return Ok((text.to_owned(), name.to_owned(), None));
    }
    match &seat.folder {
        Some(folder) if parent.ends_with(".toml") => {
            let path = folder.join(parent);
            Ok((read(&path)?, path.display().to_string(), Some(path)))
        }
        _ => Err(ProfileError::Syntax {
            place: seat.place.clone(),
            key: Some("extends".to_owned()),
            message: format!("no profile is called {parent}"),
            suggestion: nearest(parent, builtin::NAMES.iter().copied()),
        }),
    }
}

/// Lays the files over each other, the one that extends nothing first.
fn merge(chain: Vec<Layer>, origin: &str) -> Result<Source, ProfileError> {
    let mut found = Found::default();
    for layer in chain.into_iter().rev() {
        found.lay(layer)?;
    }
    let missing = |key| ProfileError::Missing { origin: origin.to_owned(), key };
    Ok(Source {
        name: found.name.ok_or_else(|| missing("name"))?,
        version: found.version.ok_or_else(|| missing("version"))?,
        legal_class: found.legal_class.unwrap_or(LegalClass::None),
        purpose: found.purpose.unwrap_or_else(|| "general".to_owned()),
        title: found.title.unwrap_or_default(),
        summary: found.summary.unwrap_or_default(),
        options: found.options,
        policy: found.policy,
        why: found.why,
        rules: found.rules,
    })
}

/// What the files of a chain have said so far.
#[derive(Default)]
struct Found {
    name: Option<String>,
    version: Option<String>,
    legal_class: Option<LegalClass>,
    purpose: Option<String>,
    title: Option<Bilingual>,
    summary: Option<Bilingual>,
    options: BTreeSet<OptionName>,
    policy: Policy,
    why: BTreeMap<String, crate::text::Why>,
    rules: Vec<SiteRule>,
}

impl Found {
    fn lay(&mut self, layer: Layer) -> Result<(), ProfileError> {
        let Layer { file, text, origin, .. } = layer;
        // Name and version are those of the file itself, never those of what it extends.
        (self.name, self.version) = (file.name, file.version);
        self.legal_class = file.legal_class.or(self.legal_class);
        self.purpose = file.purpose.or(self.purpose.take());
        self.title = file.title.or(self.title.take());
        self.summary = file.summary.or(self.summary.take());
        for (option, on) in file.options.switches() {
            let changed = if on { self.options.insert(option) } else { self.options.remove(&option) };
            if changed {
                self.why.remove(option.key());
            }
        }
        // A reason speaks of a value: with another value the inherited reason no longer holds.
        for name in file.policy.apply(&mut self.policy) {
            self.why.remove(name);
        }
        self.why.extend(file.why);
        let profile = self.name.clone().unwrap_or_else(|| origin.clone());
        for rule in file.rules {
            self.rules.push(SiteRule::check(rule, &profile, &origin, &text)?);
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<String, ProfileError> {
    let failed = |source| ProfileError::Read { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > SIZE {
        return Err(ProfileError::TooLarge { origin: path.display().to_string() });
    }
    std::fs::read_to_string(path).map_err(failed)
}

fn identity(origin: &str, path: Option<&Path>) -> String {
    match path {
        Some(path) => path.canonicalize().unwrap_or_else(|_| path.to_owned()).display().to_string(),
        None => format!("built-in {origin}"),
    }
}

fn unknown(name: &str) -> ProfileError {
    let names = builtin::NAMES.iter().copied().chain(builtin::ALIASES.iter().map(|(alias, _)| *alias));
    ProfileError::Unknown { name: name.to_owned(), suggestion: nearest(name, names) }
}
