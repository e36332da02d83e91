//! The Merkle tree over the leaves.

use sha2::{Digest, Sha256};

/// A Merkle tree that is grown leaf by leaf and keeps only the roots of its whole subtrees.
///
/// # Standard
/// RFC 6962, 2.1: a leaf is hashed after a byte 0x00, a node after a byte 0x01, and the tree without a leaf has
/// the hash of nothing.
#[derive(Clone, Default)]
pub struct Tree {
    /// Roots of perfect subtrees, the largest first; their sizes are the bits of `leaves`.
    subtrees: Vec<[u8; 32]>,
    leaves: u64,
}

impl Tree {
    /// Returns the tree without a leaf.
    pub fn new() -> Self {
        Tree::default()
    }

    /// Adds a leaf at the end.
    pub fn push(&mut self, leaf: &[u8]) {
        let mut root = hash(&[&[0], leaf]);
        // Each trailing one of the count is a subtree of the new leaf's size, and the two become one.
        for _ in 0..self.leaves.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                root = node(&left, &root);
            }
        }
        self.subtrees.push(root);
        self.leaves += 1;
    }

    /// Returns how many leaves there are.
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// Returns the root over all leaves so far.
    pub fn root(&self) -> [u8; 32] {
        let joined = self.subtrees.iter().rev().copied().reduce(|right, left| node(&left, &right));
        joined.unwrap_or_else(|| hash(&[]))
    }
}

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    hash(&[&[1], left, right])
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut sha = Sha256::new();
    parts.iter().for_each(|part| sha.update(part));
    sha.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::hex;
    use proptest::prelude::*;

    fn root_of(leaves: &[Vec<u8>]) -> [u8; 32] {
        let mut tree = Tree::new();
        leaves.iter().for_each(|leaf| tree.push(leaf));
        tree.root()
    }

    /// The definition of RFC 6962, 2.1, as it is written there.
    fn defined(leaves: &[Vec<u8>]) -> [u8; 32] {
        match leaves {
            [] => hash(&[]),
            [leaf] => hash(&[&[0], leaf]),
            _ => {
                let middle = leaves.len().next_power_of_two() / 2;
                node(&defined(&leaves[..middle]), &defined(&leaves[middle..]))
            }
        }
    }

    #[test]
    fn the_roots_known_from_certificate_transparency_hold() {
        // The test vectors that implementations of RFC 6962 share.
        let leaves: Vec<Vec<u8>> = [&[][..], &[0], &[0x10], &[0x20, 0x21], &[0x30, 0x31]].map(<[u8]>::to_vec).into();
        assert_eq!(hex(&root_of(&[])), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hex(&root_of(&leaves[..1])), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(hex(&root_of(&leaves[..2])), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
        assert_eq!(hex(&root_of(&leaves[..3])), "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
    }

    proptest! {
        #[test]
        fn growing_gives_the_defined_root(leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..40)) {
            prop_assert_eq!(root_of(&leaves), defined(&leaves));
        }
    }
}
