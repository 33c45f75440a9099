//! Finds programs and runs them.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use crate::place::Place;

/// The first executable file of that name on the PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| is_executable_file(candidate))
}

/// Whether it can be run: a folder or a plain file of the same name does not count.
pub fn is_executable_file(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// A cargo command in the repository, as if a person had typed it.
pub fn cargo(place: &Place, args: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args);
    as_typed(place, &mut command);
    command
}

/// Has a command that is cargo, or calls it, run in the repository as if a person had typed it.
///
/// What `cargo run` tells this program about *its* package is taken away: build scripts that watch those variables
/// would otherwise run again each time one switches between `cargo xtask …` and plain cargo.
pub fn as_typed(place: &Place, command: &mut Command) {
    command.current_dir(&place.root);
    for (name, _) in env::vars_os() {
        let about_xtask = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_PRIMARY_PACKAGE"
        });
        if about_xtask {
            command.env_remove(name);
        }
    }
    if env::var_os("CARGO_TARGET_DIR").is_some() {
        command.env("CARGO_TARGET_DIR", &place.target);
    }
}

/// Runs a command to its end, its output going to the terminal; anything but success is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", shown(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs a command quietly; what it said is printed only when it fails.
pub fn run_quietly(command: &mut Command) -> Result<()> {
    let (status, said) = run_and_collect(command)?;
    if !status.success() {
        eprint!("{said}");
        bail!("{} failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs a command, passes its lines on as they come, and shows each of them to `each_line` as well.
/// Returns whether it succeeded.
pub fn run_and_watch(command: &mut Command, mut each_line: impl FnMut(&str)) -> Result<bool> {
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {}", shown(command)))?;
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            each_line(&text);
            line.clear();
        }
    }
    Ok(child.wait()?.success())
}

/// Runs a command and gives how it ended, and what it said.
pub fn run_and_collect(command: &mut Command) -> Result<(ExitStatus, String)> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {}", shown(command)))?;
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    Ok((output.status, said))
}

/// The command as one would type it, without the path of the program.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words: Vec<_> = std::iter::once(name).chain(command.get_args()).map(OsStr::to_string_lossy).collect();
    format!("`{}`", words.join(" "))
}
