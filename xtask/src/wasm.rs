//! The browser's module: compiled, given its JavaScript glue, made small, compressed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Instant, UNIX_EPOCH};

use anyhow::{Context, Result};
use walrus::{Function, FunctionBuilder, FunctionId, FunctionKind, Module};
use wasm_bindgen_cli_support::Bindgen;

use crate::build::Profile;
use crate::fingerprint::{Fingerprint, files_below};
use crate::place::Place;
use crate::{compress, locations, npm, order, process, report};

/// What Leptos' `HydrationScripts` asks for: `aside.js`, `aside_bg.wasm`.
pub const JS: &str = "aside.js";
/// See [`JS`].
pub const WASM: &str = "aside_bg.wasm";

/// The smallest download is not the smallest module: what was inlined, folded or computed once for two is code that no other
/// resembles. So large functions stay on their own though they have one caller, and passes that make every function a little
/// different are left out. Features by name, because `--all-features` gives a module that browsers refuse.
const WASM_OPT: &[&str] = &[
    "-Oz",
    "--gufa-optimizing",
    "-Oz",
    "--one-caller-inline-max-function-size=10",
    "--low-memory-unused",
    "--skip-pass=local-cse",
    "--skip-pass=memory-packing",
    "--skip-pass=simplify-locals",
    "--strip-target-features",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// In the names of the exports of streams, which Leptos brings for server functions that stream; none of ours does.
const UNUSED: &str = "intounderlying";

/// Both are in the names of functions that stand in tables, and that nothing of ours ever calls. Called all the same they would trap,
/// and every browser test would fail. Names of functions that do little are not safe: the compiler merges those that do the
/// same, under any of their names.
const NEVER_CALLED: [(&str, &str); 3] = [
    // The steps of taking over a page with parts that are still being streamed. `hydrate_body` takes a page over in one go.
    ("into_any::hydrate_async", ""),
    // Taking over what was cloned from a template, and not written by the server: `view!` makes none.
    ("into_any_attr::hydrate_from_template", ""),
    // A number with a fraction as text: `serde`'s messages could hold one, and `serde_json` writes those itself. All others are
    // written by `aside_domain::decimal`. It brings 12 KB of arithmetic.
    ("<f64 as core", "::fmt::Display>::fmt"),
];

/// Builds the module and returns the folder that holds it, its glue, and both compressed.
/// When cargo finds nothing to compile, the folder is the one of the last time.
pub fn build(place: &Place, profile: Profile) -> Result<PathBuf> {
    let raw = compile(place, profile)?;
    let optimise = profile == Profile::Release && npm::available();
    let folder = place.cache().join(format!("module-{}", profile.name()));
    let made_from = folder.join(".made-from");
    let key = key(place, &raw, optimise)?;
    if fs::read_to_string(&made_from).is_ok_and(|it| it == key) {
        return Ok(folder);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;

    bind(&raw, &folder, profile)?;
    if optimise {
        shrink(place, &folder.join(WASM))?;
    } else if profile == Profile::Release {
        println!("  Node is not installed: wasm-opt is skipped, and the module stays about a quarter larger.");
    }
    if profile == Profile::Release {
        arrange(&folder.join(WASM))?;
        let began = Instant::now();
        for file in files_below(&folder)? {
            compress::beside(&file)?;
        }
        report::step("compressed", began, "brotli 11, gzip");
    }
    fs::write(made_from, key)?;
    Ok(folder)
}

fn compile(place: &Place, profile: Profile) -> Result<PathBuf> {
    let began = Instant::now();
    let (name, folder) = match profile {
        Profile::Release => ("wasm", "wasm"),
        Profile::Dev => ("dev", "debug"),
    };
    const TRIPLE: &str = "wasm32-unknown-unknown";
    let args = ["build", "--package", "aside-frontend", "--lib", "--target", TRIPLE, "--profile", name];
    process::run(&mut process::cargo(place, &args)).context("the browser's module does not compile")?;
    report::step("module", began, &format!("cargo, profile {name}"));
    Ok(place.target.join(TRIPLE).join(folder).join("aside_frontend.wasm"))
}

/// What the finished module depends on. The time of the compiled one will do: cargo leaves it alone unless it compiles.
fn key(place: &Place, raw: &Path, optimise: bool) -> Result<String> {
    let meta = raw.metadata().with_context(|| format!("{} is missing", raw.display()))?;
    let written = meta.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
    let mut key = Fingerprint::default();
    key.add(format!("{written} {} {optimise}", meta.len()).as_bytes());
    key.add(include_bytes!("wasm.rs"));
    key.add(include_bytes!("locations.rs"));
    key.add(include_bytes!("order.rs"));
    key.add(include_bytes!("compress.rs"));
    key.add_path(&place.root, &place.root.join("Cargo.lock"))?;
    key.add_path(&place.root, &place.root.join("xtask/npm/package-lock.json"))?;
    Ok(key.finish())
}

fn bind(raw: &Path, folder: &Path, profile: Profile) -> Result<()> {
    let began = Instant::now();
    let mut bound = Bindgen::new()
        .input_path(raw)
        .web(true)?
        .typescript(false)
        .remove_name_section(profile == Profile::Release)
        .remove_producers_section(true)
        .out_name("aside")
        .generate_output()
        .context("wasm-bindgen cannot read the module")?;
    // What is exported stays, called or not: wasm-opt can leave these out only without their exports.
    let exports = &mut bound.wasm_mut().exports;
    let unused: Vec<_> =
        exports.iter().filter(|export| export.name.contains(UNUSED)).map(|export| export.id()).collect();
    unused.into_iter().for_each(|export| exports.delete(export));
    if profile == Profile::Release {
        empty(bound.wasm_mut());
    }
    let short = if profile == Profile::Release { shorten(bound.wasm_mut()) } else { Vec::new() };
    bound.emit(folder)?;
    let glue = folder.join(JS);
    let mut text = short.iter().fold(fs::read_to_string(&glue)?, |text, (long, short)| text.replace(long, short));
    if profile == Profile::Release {
        text = terse(&text);
    }
    fs::write(glue, text)?;
    report::step("glue", began, &format!("wasm-bindgen, {}", sizes(&folder.join(WASM))?));
    Ok(())
}

/// Empties the functions that are [`NEVER_CALLED`]; wasm-opt then leaves out whatever only they needed.
fn empty(module: &mut Module) {
    let is_never_called = |function: &&Function| {
        function
            .name
            .as_ref()
            .is_some_and(|name| NEVER_CALLED.iter().any(|(this, that)| name.contains(this) && name.contains(that)))
    };
    let never_called: Vec<FunctionId> = module.funcs.iter().filter(is_never_called).map(Function::id).collect();
    for id in never_called {
        let FunctionKind::Local(function) = &module.funcs.get(id).kind else { continue };
        let (arguments, kind) = (function.args.clone(), function.ty());
        let (parameters, results) = module.types.params_results(kind);
        let (parameters, results) = (parameters.to_vec(), results.to_vec());
        let mut body = FunctionBuilder::new(&mut module.types, &parameters, &results);
        body.func_body().unreachable();
        module.funcs.get_mut(id).kind = FunctionKind::Local(body.local_func(arguments));
    }
}

/// Gives short names to what module and glue know each other by: wasm-bindgen's end in a hash, which nothing can compress. The
/// old names come with the new ones, those first that others begin with.
fn shorten(module: &mut Module) -> Vec<(String, String)> {
    let is_long = |name: &str| {
        let digits = name.rsplit(['_', 'h']).find(|part| part.len() == 16);
        name.len() > 24 && digits.is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let names = module.imports.iter_mut().map(|import| &mut import.name);
    let names = names.chain(module.exports.iter_mut().map(|export| &mut export.name)).filter(|name| is_long(name));
    let mut short = Vec::new();
    for (index, name) in names.enumerate() {
        let long = std::mem::replace(name, format!("$_{index}"));
        short.push((long, name.clone()));
    }
    short.sort_by_key(|(long, _)| std::cmp::Reverse(long.len()));
    short
}

/// The glue without what only its readers need, and without the classes whose exports are [`UNUSED`]. wasm-bindgen writes a
/// statement a line, and no text that goes on over several.
fn terse(glue: &str) -> String {
    let (mut text, mut is_comment, mut is_unused, mut depth) = (String::with_capacity(glue.len()), false, false, 0);
    for line in glue.lines().map(str::trim_start) {
        is_comment |= line.starts_with("/**");
        is_unused |= line.to_lowercase().contains(UNUSED);
        if is_unused {
            depth += line.matches('{').count();
            depth -= line.matches('}').count();
            is_unused = depth > 0 || !line.ends_with([';', '}']);
        } else if !is_comment && !line.starts_with("//") {
            text.extend([line, "\n"]);
        }
        is_comment &= !line.contains("*/");
    }
    text
}

fn shrink(place: &Place, wasm: &Path) -> Result<()> {
    let tools = tools(place)?;
    let began = Instant::now();
    let small = wasm.with_extension("small");
    let mut command = Command::new("node");
    command.arg(tools.join("node_modules/binaryen/bin/wasm-opt")).args(WASM_OPT).arg(wasm).arg("-o").arg(&small);
    process::run_quietly(&mut command)?;
    fs::rename(small, wasm)?;
    report::step("wasm-opt", began, &sizes(wasm)?);
    Ok(())
}

fn arrange(wasm: &Path) -> Result<()> {
    let began = Instant::now();
    fs::write(wasm, locations::without_lines(&order::by_likeness(&fs::read(wasm)?)?)?)?;
    report::step("ordered", began, &sizes(wasm)?);
    Ok(())
}

/// The npm tools live in the target folder: the source tree stays clean, and a cached target keeps them.
fn tools(place: &Place) -> Result<PathBuf> {
    let folder = place.cache().join("npm");
    fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json", ".npmrc"] {
        fs::copy(place.root.join("xtask/npm").join(file), folder.join(file))?;
    }
    npm::install(&folder, "binaryen, for wasm-opt")?;
    Ok(folder)
}

fn sizes(file: &Path) -> Result<String> {
    Ok(report::kilobytes(file.metadata()?.len()))
}
