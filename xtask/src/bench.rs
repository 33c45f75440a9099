//! The measurements under `bench/`: each is an executable, or a folder with an executable `run`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::place::Place;
use crate::process;

/// Repeats the named measurement, or lists them.
pub fn run(place: &Place, name: Option<&str>, args: &[String]) -> Result<()> {
    let folder = place.root.join("bench");
    if let Some(name) = name {
        let program = program(&folder.join(name)).with_context(|| format!("bench/ has no measurement named {name}"))?;
        let mut command = Command::new(program);
        process::as_typed(place, command.args(args));
        return process::run(&mut command);
    }
    let mut names: Vec<String> = fs::read_dir(&folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect::<Vec<_>>())
        .unwrap_or_default()
        .iter()
        .filter(|path| program(path).is_some())
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    if names.is_empty() {
        println!("There are no measurements under bench/.");
    }
    for name in names {
        println!("cargo xtask bench {name}");
    }
    Ok(())
}

fn program(path: &Path) -> Option<PathBuf> {
    [path.to_owned(), path.join("run")].into_iter().find(|it| process::is_executable_file(it))
}
