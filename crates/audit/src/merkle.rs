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

    /// Adds a leaf at the end and returns its hash.
    pub fn push(&mut self, leaf: &[u8]) -> [u8; 32] {
        let hash = leaf_hash(leaf);
        self.push_hash(hash);
        hash
    }

    /// Adds a leaf at the end, of which the hash is known.
    pub fn push_hash(&mut self, hash: [u8; 32]) {
        let mut root = hash;
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

/// Returns the hash of a leaf.
pub fn leaf_hash(leaf: &[u8]) -> [u8; 32] {
    hash(&[&[0], leaf])
}

/// Returns what a leaf needs beside it to come to the root: the nearest hash first. `None` when there is no such leaf.
///
/// # Standard
/// RFC 6962, 2.1.1: the Merkle audit path.
pub fn inclusion_path(leaves: &[[u8; 32]], index: usize) -> Option<Vec<[u8; 32]>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut path, mut index, mut part) = (Vec::new(), index, leaves);
    while part.len() > 1 {
        let (left, right) = part.split_at(part.len().next_power_of_two() / 2);
        let (own, other) = if index < left.len() { (left, right) } else { (right, left) };
        index = if index < left.len() { index } else { index - left.len() };
        path.push(root_of(other));
        part = own;
    }
    path.reverse();
    Some(path)
}

fn root_of(leaves: &[[u8; 32]]) -> [u8; 32] {
    let mut tree = Tree::new();
    leaves.iter().for_each(|leaf| tree.push_hash(*leaf));
    tree.root()
}

/// Returns the root that a leaf comes to by its path, in a tree of `leaves`; `None` when the path does not fit.
///
/// # Standard
/// RFC 9162, 2.1.3.2: verifying an inclusion proof.
pub fn root_by_path(hash: [u8; 32], index: u64, leaves: u64, path: &[[u8; 32]]) -> Option<[u8; 32]> {
    if index >= leaves {
        return None;
    }
    let (mut at, mut last, mut root) = (index, leaves - 1, hash);
    for beside in path {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            root = node(beside, &root);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            root = node(&root, beside);
        }
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(root)
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
        leaves.iter().for_each(|leaf| _ = tree.push(leaf));
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

        #[test]
        fn every_leaf_comes_to_the_root_by_its_path_and_no_other_does(count in 1usize..70, flip in 0usize..256) {
            let leaves: Vec<Vec<u8>> = (0..count).map(|at| vec![at as u8]).collect();
            let hashes: Vec<[u8; 32]> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
            let root = defined(&leaves);
            for (index, hash) in hashes.iter().enumerate() {
                let path = inclusion_path(&hashes, index).unwrap();
                let by = |hash, index, path: &[[u8; 32]]| root_by_path(hash, index as u64, count as u64, path);
                prop_assert_eq!(by(*hash, index, &path), Some(root));
                let mut other = *hash;
                other[flip / 8] ^= 1 << (flip % 8);
                prop_assert_ne!(by(other, index, &path), Some(root));
                prop_assert_ne!(by(*hash, index + 1, &path), Some(root));
                if let Some((_, shorter)) = path.split_last() {
                    prop_assert_ne!(by(*hash, index, shorter), Some(root));
                }
            }
            prop_assert_eq!(inclusion_path(&hashes, count), None);
        }
    }
}
