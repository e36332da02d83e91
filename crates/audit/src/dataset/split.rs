//! Which share of a split a patient is in: training, validation, test.

use super::DatasetError;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Names of shares and how many patients of a hundred belong to each.
///
/// ```
/// use tokumei_audit::dataset::Shares;
/// let shares = Shares::parse("train=70,validation=15,test=15")?;
/// assert_eq!(shares.to_string(), "test=15,train=70,validation=15");
/// # Ok::<(), tokumei_audit::dataset::DatasetError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shares(BTreeMap<String, u32>);

impl Shares {
    /// Parses shares of the form `train=70,validation=15,test=15`.
    ///
    /// # Errors
    /// [`DatasetError::Shares`] when a name stands twice, is not of lower-case letters, digits and hyphens, or when the
    /// numbers are not above 0 with the sum 100.
    pub fn parse(text: &str) -> Result<Shares, DatasetError> {
        let mut shares = BTreeMap::new();
        for part in text.split(',') {
            let (name, number) = part.trim().split_once('=').ok_or(DatasetError::Shares)?;
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            let number: u32 = number.parse().map_err(|_| DatasetError::Shares)?;
            let good = !name.is_empty() && name.len() <= 32 && name.bytes().all(plain) && (1..=100).contains(&number);
            if !good || shares.insert(name.to_owned(), number).is_some() {
                return Err(DatasetError::Shares);
            }
        }
        Shares::of(shares).ok_or(DatasetError::Shares)
    }

    /// Returns shares that a statement holds, `None` when they do not add up to 100.
    pub(super) fn of(shares: BTreeMap<String, u32>) -> Option<Shares> {
        let sum: u64 = shares.values().map(|share| u64::from(*share)).sum();
        (sum == 100).then_some(Shares(shares))
    }

    /// Returns each name with its share of a hundred.
    pub fn shares(&self) -> &BTreeMap<String, u32> {
        &self.0
    }

    /// Returns the share that a patient with this digest is in. The digest alone decides, so nobody moves when others come.
    pub fn of_digest(&self, digest: &[u8; 32]) -> &str {
        let first = u64::from_be_bytes(std::array::from_fn(|index| digest[index]));
        let place = (u128::from(first) * 100) >> 64;
        let mut end = 0;
        for (name, share) in &self.0 {
            end += u128::from(*share);
            if place < end {
                return name;
            }
        }
        self.0.keys().next_back().map_or("", String::as_str)
    }
}

impl std::fmt::Display for Shares {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(name, share)| format!("{name}={share}")).collect();
        f.write_str(&parts.join(","))
    }
}

/// Returns the digest of a patient under a seed that the statement holds, for releases whose key is destroyed.
pub(super) fn seeded(seed: &str, patient: &str) -> [u8; 32] {
    let mut sha = Sha256::new();
    for part in ["tokumei dataset split", seed, patient] {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part.as_bytes());
    }
    sha.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_that_do_not_add_up_to_a_hundred_are_refused() {
        for text in
            ["", "train", "train=70", "train=70,test=31", "a=50,a=50", "A=100", "a=0,b=100", "a b=100", "a=-1,b=101"]
        {
            assert!(Shares::parse(text).is_err(), "{text}");
        }
        assert!(Shares::parse("all=100").is_ok() && Shares::parse(" a=1, b=99").is_ok());
    }

    #[test]
    fn the_digest_alone_decides_in_the_order_of_names() {
        let shares = Shares::parse("train=70,test=30").unwrap();
        let digest = |first: u8| std::array::from_fn(|index| if index == 0 { first } else { 0 });
        // 30 of 100 is 76.8 of 256.
        assert_eq!(shares.of_digest(&digest(0)), "test");
        assert_eq!(shares.of_digest(&digest(76)), "test");
        assert_eq!(shares.of_digest(&digest(77)), "train");
        assert_eq!(shares.of_digest(&[255; 32]), "train");
    }

    #[test]
    fn seeded_digests_fill_the_shares_evenly() {
        let shares = Shares::parse("train=70,validation=15,test=15").unwrap();
        let mut counts = BTreeMap::new();
        for number in 0..10_000 {
            *counts.entry(shares.of_digest(&seeded("s", &format!("P{number}"))).to_owned()).or_insert(0_u32) += 1;
        }
        // Five standard deviations of a binomial distribution.
        assert!((6770..7230).contains(&counts["train"]) && (1320..1680).contains(&counts["test"]), "{counts:?}");
    }
}
