//! Imports run one way (DESIGN.md, section 3): this test asks cargo who really stands on whom.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// One crate and what it may stand on.
struct Rule {
    package: &'static str,
    /// How cargo is asked: features, target, kinds of dependency, depth.
    asked: &'static [&'static str],
    /// The members of this workspace that it may reach; all others are forbidden.
    members: &'static [&'static str],
    /// Crates from elsewhere that it must not reach.
    never: &'static [&'static str],
}

const CODE: &str = "normal,build";
const WEB: [&str; 2] = ["--target", "wasm32-unknown-unknown"];
const DOMAIN: &str = "aside-domain";
const STORES: &str = "aside-stores";
const ENGINE: &str = "aside-engine";
const LESSONS: &str = "aside-lessons";
const REPORT: &str = "aside-report";
const TIDY: &str = "aside-tidy";
const APP: &str = "aside-app";
const FRONTEND: &str = "aside-frontend";
const SERVER: &str = "aside-server";

const RULES: &[Rule] = &[
    // The ground floor.
    Rule { package: DOMAIN, asked: &["-e", CODE], members: &[], never: &["leptos", "tokio", "axum", "redis", "sqlx"] },
    Rule { package: STORES, asked: &["-e", CODE], members: &[], never: &["leptos", "axum"] },
    Rule { package: ENGINE, asked: &["-e", CODE], members: &[DOMAIN], never: &["leptos", "axum"] },
    Rule { package: LESSONS, asked: &["-e", CODE], members: &[DOMAIN], never: &["leptos", "axum", "tokio"] },
    Rule { package: REPORT, asked: &["-e", CODE], members: &[DOMAIN], never: &["leptos", "axum", "tokio"] },
    Rule { package: TIDY, asked: &["-e", CODE], members: &[DOMAIN], never: &["leptos", "axum", "tokio"] },
    // Server functions call the engine, open lessons and tidy up; nothing else in the app knows them.
    Rule { package: APP, asked: &["-e", CODE], members: &[DOMAIN], never: &["redis", "sqlx"] },
    Rule {
        package: APP,
        asked: &["-e", CODE, "--features", "ssr"],
        members: &[DOMAIN, ENGINE, LESSONS, TIDY],
        never: &[],
    },
    // The browser's side, as the bundle is built: no trace of the server.
    Rule { package: FRONTEND, asked: &["-e", CODE, WEB[0], WEB[1], "--depth", "1"], members: &[APP], never: &[] },
    Rule {
        package: FRONTEND,
        asked: &["-e", CODE, WEB[0], WEB[1]],
        members: &[APP, DOMAIN],
        never: &["axum", "hyper", "redis", "sqlx", "tokio"],
    },
    Rule {
        package: SERVER,
        asked: &["-e", CODE],
        members: &[DOMAIN, STORES, ENGINE, LESSONS, REPORT, TIDY, APP],
        never: &[],
    },
    // It is to measure the program that people run, from outside.
    Rule { package: "aside-bench-http", asked: &["-e", CODE], members: &[], never: &[] },
    // What only tests import, taken by itself.
    Rule { package: DOMAIN, asked: &["-e", "dev", "--depth", "1"], members: &[], never: &["leptos", "tokio", "axum"] },
    Rule { package: STORES, asked: &["-e", "dev", "--depth", "1"], members: &[], never: &[] },
    Rule {
        package: ENGINE,
        asked: &["-e", "dev", "--depth", "1"],
        members: &[DOMAIN, STORES],
        never: &["leptos", "axum"],
    },
    Rule { package: APP, asked: &["-e", "dev", "--depth", "1"], members: &[DOMAIN, ENGINE], never: &[] },
];

#[test]
fn imports_run_one_way() {
    let broken: Vec<String> = RULES.iter().flat_map(|rule| violations(rule, &cargo_tree(rule))).collect();
    assert!(broken.is_empty(), "forbidden imports:\n{}", broken.join("\n"));
}

/// What `cargo tree` prints for a rule: one crate a line, its depth before its name.
fn cargo_tree(rule: &Rule) -> String {
    // At run time, not with env!: a shared target folder may hold this test from another clone.
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("..");
    let output = Command::new(env::var_os("CARGO").unwrap())
        .args(["tree", "--prefix", "depth", "--format", "{p}"])
        .args(["--package", rule.package])
        .args(rule.asked)
        .current_dir(root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.starts_with(&format!("0{} ", rule.package)), "not a tree: {tree}");
    tree
}

/// Each forbidden crate that the tree reaches, with the way there.
fn violations(rule: &Rule, tree: &str) -> Vec<String> {
    let mut way: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for line in tree.lines() {
        let name_at = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(line.len());
        let Ok(depth) = line[..name_at].parse::<usize>() else {
            continue;
        };
        let name = line[name_at..].split(' ').next().unwrap_or_default();
        way.truncate(depth);
        way.push(name);
        // Cargo prints where a crate lies if it is one of this workspace.
        let member = line.contains(" (/");
        let forbidden = if member { !rule.members.contains(&name) } else { rule.never.contains(&name) };
        if depth > 0 && forbidden {
            found.push(format!("{} ({})", way.join(" -> "), rule.asked.join(" ")));
        }
    }
    found
}

#[test]
fn a_forbidden_import_is_found_wherever_it_hides() {
    let rule = |members, never| Rule { package: ENGINE, asked: &[], members, never };
    let tree = "0aside-engine v0.1.0 (/x)\n\
                1aside-domain v0.1.0 (/x)\n\
                2serde v1.0.0\n\
                1helper v1.0.0\n\
                2leptos v0.8.0\n\
                1aside-domain v0.1.0 (/x) (*)\n";
    assert_eq!(violations(&rule(&[DOMAIN], &["axum"]), tree), [""; 0]);
    assert_eq!(violations(&rule(&[DOMAIN], &["leptos"]), tree), ["aside-engine -> helper -> leptos ()"]);
    assert_eq!(
        violations(&rule(&[STORES], &[]), tree),
        ["aside-engine -> aside-domain ()", "aside-engine -> aside-domain ()"]
    );
}
