//! The built-in profiles, as the folder `profiles/` holds them.

/// Names of the built-in profiles.
pub(crate) const NAMES: &[&str] = &[
    "ps315-literal",
    "ps315-basic",
    "jp-anonymized",
    "jp-pseudonymized",
    "jp-research-longitudinal",
    "ai-training",
    "jp-nextgen-anonymized",
    "jp-nextgen-pseudonymized",
    "hipaa-safe-harbor",
];

/// Other names for some of them.
pub(crate) const ALIASES: &[(&str, &str)] = &[("anonymized", "jp-anonymized"), ("pseudonymized", "jp-pseudonymized")];

/// Returns the name and the text of a built-in profile.
pub(crate) fn text(name: &str) -> Option<(&'static str, &'static str)> {
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| *name);
    let index = NAMES.iter().position(|known| *known == name)?;
    Some((NAMES[index], TEXTS[index]))
}

/// The texts, in the order of the names.
const TEXTS: [&str; 9] = [
    include_str!("../../../profiles/ps315-literal.toml"),
    include_str!("../../../profiles/ps315-basic.toml"),
    include_str!("../../../profiles/jp-anonymized.toml"),
    include_str!("../../../profiles/jp-pseudonymized.toml"),
    include_str!("../../../profiles/jp-research-longitudinal.toml"),
    include_str!("../../../profiles/ai-training.toml"),
    include_str!("../../../profiles/jp-nextgen-anonymized.toml"),
    include_str!("../../../profiles/jp-nextgen-pseudonymized.toml"),
    include_str!("../../../profiles/hipaa-safe-harbor.toml"),
];
