//! `style/*.css` becomes one stylesheet.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// These come first, in this order; the others follow by name.
const FIRST: [&str; 2] = ["tokens.css", "base.css"];

/// Joins the stylesheets of a folder; returns the text and how many there were.
pub fn joined(folder: &Path) -> Result<(String, usize)> {
    let mut files: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?,
        Err(_) => Vec::new(),
    };
    files.retain(|file| file.extension().is_some_and(|kind| kind == "css"));
    files.sort_by_key(|file| rank(file));
    let mut css = String::new();
    for file in &files {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        css.push_str(&squeezed(&text));
        css.push('\n');
    }
    Ok((css, files.len()))
}

fn rank(file: &Path) -> (usize, PathBuf) {
    let first = FIRST.iter().position(|name| file.file_name().is_some_and(|it| it == *name));
    (first.unwrap_or(FIRST.len()), file.to_owned())
}

/// Takes away comments and spare white space, and touches nothing else: strings and unquoted `url(…)` stay as they
/// are, and a comment that stands between two words goes on separating them.
fn squeezed(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '"' | '\'' => string_length(rest, next),
            '/' if rest.starts_with("/*") => {
                let length = rest[2..].find("*/").map_or(rest.len(), |end| end + 4);
                let spaced = out.is_empty()
                    || out.ends_with(['\n', ' ', ';', '{', '}'])
                    || rest[length..].starts_with(char::is_whitespace);
                if !spaced {
                    out.push_str("/**/");
                }
                rest = &rest[length..];
                continue;
            }
            'u' | 'U' if rest.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("url(")) => {
                if rest[4..].trim_start().starts_with(['"', '\'']) { 4 } else { rest.find(')').unwrap_or(rest.len()) }
            }
            _ if next.is_whitespace() => {
                let length = rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
                let gap = if rest[..length].contains('\n') { '\n' } else { ' ' };
                if out.ends_with(' ') && gap == '\n' {
                    out.pop();
                }
                if !out.is_empty() && !out.ends_with(['\n', ' ']) {
                    out.push(gap);
                }
                rest = &rest[length..];
                continue;
            }
            // A backslash keeps the next character from meaning anything.
            '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            _ => next.len_utf8(),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out.truncate(out.trim_end().len());
    out
}

/// The length of the string that `text` begins with, its quotes included.
fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_go() {
        let css = "/* head */\n.a {\n    color: red; /* why */\n\n    margin:  0  auto;\n}\n";
        assert_eq!(squeezed(css), ".a {\ncolor: red;\nmargin: 0 auto;\n}");
    }

    #[test]
    fn strings_and_addresses_stay_as_they_are() {
        for css in [r#"a{content:"/* no  comment */ \"  x"}"#, "a{background:url(data:a/*b)}", r#"a{b:url("x  y")}"#] {
            assert_eq!(squeezed(css), css);
        }
    }

    #[test]
    fn a_comment_between_two_words_still_separates_them() {
        assert_eq!(squeezed("a/* x */b"), "a/**/b");
        assert_eq!(squeezed("a /* x */ b"), "a b");
    }

    #[test]
    fn tokens_come_first_and_base_second() {
        let mut files = ["canvas.css", "base.css", "apex.css", "tokens.css"].map(PathBuf::from);
        files.sort_by_key(|file| rank(file));
        assert_eq!(files, ["tokens.css", "base.css", "apex.css", "canvas.css"].map(PathBuf::from));
    }
}
