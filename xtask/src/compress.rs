//! Compresses once, at build time, what the server would otherwise compress at every download.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Kinds of file that shrink.
const COMPRESSIBLE: [&str; 6] = ["css", "js", "json", "svg", "wasm", "webmanifest"];

/// Writes `FILE.br` (quality 11) and `FILE.gz` beside a file of a kind that shrinks, if it did.
pub fn beside(file: &Path) -> Result<()> {
    if !file.extension().is_some_and(|kind| COMPRESSIBLE.iter().any(|one| kind == *one)) {
        return Ok(());
    }
    let plain = fs::read(file)?;
    for (suffix, packed) in [("br", brotli(&plain)?), ("gz", gzip(&plain)?)] {
        if packed.len() < plain.len() {
            let to = with_suffix(file, suffix);
            fs::write(&to, packed).with_context(|| format!("cannot write {}", to.display()))?;
        }
    }
    Ok(())
}

/// `aside.js` and `br` give `aside.js.br`.
pub fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".");
    name.push(suffix);
    name.into()
}

fn brotli(plain: &[u8]) -> Result<Vec<u8>> {
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: plain.len(), ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &plain[..], &mut packed, &parameters)?;
    Ok(packed)
}

fn gzip(plain: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain)?;
    Ok(encoder.finish()?)
}
