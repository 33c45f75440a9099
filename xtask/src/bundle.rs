//! Everything the browser downloads, in `<target>/site/<version>/`.
//!
//! The version is a hash of the contents, so the server may tell browsers to keep each file for ever.
//! `<target>/site/VERSION` names the one in use; the server reads it when it starts.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::build::Profile;
use crate::fingerprint::{Fingerprint, files_below};
use crate::place::Place;
use crate::{compress, npm, report, styles, wasm};

/// What the bundle is made from. A lesson's text may be compiled in, so `academy/` counts.
const INPUTS: [&str; 10] = [
    ".cargo/config.toml",
    "Cargo.lock",
    "Cargo.toml",
    "academy",
    "app",
    "domain",
    "frontend",
    "public",
    "style",
    "xtask",
];

/// Downloads that every visitor pays for before the page comes alive: at most this, compressed.
const BUDGET: u64 = 300 * 1024;

/// Builds the bundle, if any of its inputs changed.
pub fn build(place: &Place, profile: Profile) -> Result<()> {
    let began = Instant::now();
    let site = place.site();
    fs::create_dir_all(&site).with_context(|| format!("cannot create {}", site.display()))?;
    // Two builds at once would take each other's files away; the lock ends with the file.
    let lock = File::create(site.join(".lock"))?;
    lock.lock()?;

    let stamp = site.join(".made-from");
    let inputs = inputs(place, profile)?;
    if fs::read_to_string(&stamp).is_ok_and(|it| it == inputs) && in_use(&site).is_some_and(|it| it.is_dir()) {
        report::step("bundle", began, "unchanged");
        return Ok(());
    }

    let module = wasm::build(place, profile)?;
    let assembling = Instant::now();
    let fresh = site.join(".fresh");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    copy_folder(&module, &fresh)?;
    let (css, sheets) = styles::joined(&place.root.join("style"))?;
    let mut loose = copy_folder(&place.root.join("public"), &fresh)?;
    fs::write(fresh.join("aside.css"), css)?;
    loose.push(fresh.join("aside.css"));

    let version = version(&fresh)?;
    if profile == Profile::Release {
        for file in &loose {
            compress::beside(file)?;
        }
    }
    publish(&site, &fresh, &version)?;
    fs::write(stamp, inputs)?;
    report::step(
        "site",
        assembling,
        &format!("version {version}, {sheets} stylesheets, {} public files", loose.len() - 1),
    );
    for name in [wasm::JS, wasm::WASM, "aside.css"] {
        let (raw, packed) = sizes(&site.join(&version).join(name))?;
        println!("    {name:<20} {:>11}  {:>11} brotli", report::kilobytes(raw), report::kilobytes(packed));
    }
    report::step("bundle", began, "");
    Ok(())
}

/// Fails when the module and its glue outgrow the budget.
pub fn check_budget(place: &Place) -> Result<String> {
    let folder = in_use(&place.site()).context("there is no bundle yet")?;
    let total = sizes(&folder.join(wasm::JS))?.1 + sizes(&folder.join(wasm::WASM))?.1;
    let verdict = format!("{} of {} brotli", report::kilobytes(total), report::kilobytes(BUDGET));
    if total > BUDGET {
        bail!("{} and {} are too large: {verdict}", wasm::JS, wasm::WASM);
    }
    Ok(verdict)
}

fn inputs(place: &Place, profile: Profile) -> Result<String> {
    let mut print = Fingerprint::default();
    print.add(profile.name().as_bytes());
    print.add(&[u8::from(npm::available())]);
    for input in INPUTS {
        print.add_path(&place.root, &place.root.join(input))?;
    }
    Ok(print.finish())
}

/// The folder that VERSION names.
fn in_use(site: &Path) -> Option<PathBuf> {
    let version = fs::read_to_string(site.join("VERSION")).ok()?;
    Some(site.join(version.trim()))
}

fn version(folder: &Path) -> Result<String> {
    let mut print = Fingerprint::default();
    for file in files_below(folder)? {
        if !file.extension().is_some_and(|kind| kind == "br" || kind == "gz") {
            print.add_path(folder, &file)?;
        }
    }
    Ok(print.finish())
}

/// Puts the new version in place and in use. The one before it stays, for a server that still runs; older ones go.
fn publish(site: &Path, fresh: &Path, version: &str) -> Result<()> {
    let before = in_use(site);
    let folder = site.join(version);
    if folder.exists() {
        fs::remove_dir_all(fresh)?;
    } else {
        fs::rename(fresh, &folder)?;
    }
    fs::write(site.join(".VERSION"), version)?;
    fs::rename(site.join(".VERSION"), site.join("VERSION"))?;
    for entry in fs::read_dir(site)? {
        let path = entry?.path();
        if path.is_dir() && path != folder && Some(&path) != before.as_ref() {
            fs::remove_dir_all(path)?;
        }
    }
    Ok(())
}

/// Copies all files that are not hidden; returns where they went.
fn copy_folder(from: &Path, to: &Path) -> Result<Vec<PathBuf>> {
    let mut copies = Vec::new();
    fs::create_dir_all(to)?;
    for file in files_below(from)? {
        let copy = to.join(file.strip_prefix(from)?);
        if let Some(folder) = copy.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(&file, &copy).with_context(|| format!("cannot copy {}", file.display()))?;
        copies.push(copy);
    }
    Ok(copies)
}

/// A file's size as it is and compressed; the first twice where it is not compressed.
fn sizes(file: &Path) -> Result<(u64, u64)> {
    let raw = file.metadata().with_context(|| format!("{} is missing", file.display()))?.len();
    let packed = compress::with_suffix(file, "br").metadata().map_or(raw, |meta| meta.len());
    Ok((raw, packed))
}
