//! Tells whether files changed, by their contents.
//!
//! Not by their times: a checkout of another branch and back, or a fresh clone, changes no content.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// Collects names and contents; the order in which they are added matters.
#[derive(Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds a piece of text or data, told apart from the next by its length.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    /// Adds a file or a folder with all that is in it, named relative to `root`. What does not exist adds its absence.
    pub fn add_path(&mut self, root: &Path, path: &Path) -> Result<()> {
        for file in files_below(path)? {
            let name = file.strip_prefix(root).unwrap_or(&file);
            self.add(name.as_os_str().as_encoded_bytes());
            self.add(&fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?);
        }
        Ok(())
    }

    /// The first 16 hexadecimal digits: short enough for an address, long enough never to collide here.
    pub fn finish(self) -> String {
        self.0.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// All files of a folder and its folders, sorted; hidden ones and `node_modules` are left out.
/// A file gives itself, and what does not exist gives nothing.
pub fn files_below(path: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(path, &mut found).with_context(|| format!("cannot list {}", path.display()))?;
    found.sort();
    Ok(found)
}

fn collect(path: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if path.is_file() {
        found.push(path.to_owned());
    } else if path.is_dir() {
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let name = entry.file_name();
            let hidden = name.as_encoded_bytes().starts_with(b".");
            if !hidden && name != "node_modules" && name != "target" {
                collect(&entry.path(), found)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pieces: &[&[u8]]) -> String {
        let mut print = Fingerprint::default();
        pieces.iter().for_each(|piece| print.add(piece));
        print.finish()
    }

    #[test]
    fn the_same_bytes_cut_elsewhere_are_not_the_same() {
        assert_eq!(of(&[b"ab", b"c"]), of(&[b"ab", b"c"]));
        assert_ne!(of(&[b"ab", b"c"]), of(&[b"a", b"bc"]));
    }
}
