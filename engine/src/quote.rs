//! Commands as people write them: as a learner would, and exactly as they were sent.

use crate::data_sets;
use aside_domain::{DataSet, Request};
use std::fmt::Write;

/// The most that a sent command takes in an event, in bytes. Only a long value makes one longer.
const SENT_BYTES: usize = 600;
/// The most that a parameter of a statement takes in an event, in bytes.
const PARAMETER_BYTES: usize = 256;
/// The most characters of a value in the learner's command.
const SHOWN_CHARS: usize = 40;

/// A command as `redis-cli` reads it: paste it, and exactly this is sent. Where it is too long for an event, its longest
/// argument is cut and its length is noted.
pub(crate) fn redis_cli<'a>(args: impl Iterator<Item = &'a [u8]>) -> String {
    let args: Vec<&[u8]> = args.collect();
    let mut words: Vec<String> = args.iter().map(|arg| word(arg)).collect();
    let whole = words.iter().map(|word| word.len() + 1).sum::<usize>();
    if whole > SENT_BYTES
        && let Some(longest) = (0..words.len()).max_by_key(|&i| words[i].len())
    {
        let note = format!("…\" [{} bytes]", args[longest].len());
        let room = SENT_BYTES.saturating_sub(whole - words[longest].len() + note.len());
        let cut = words[longest].floor_char_boundary(room);
        words[longest].truncate(cut);
        words[longest].push_str(&note);
    }
    words.join(" ")
}

/// A statement, and what was bound to its parameters.
pub(crate) fn sql(statement: &str, parameters: &[&str]) -> String {
    let mut text = statement.to_owned();
    for (index, parameter) in parameters.iter().enumerate() {
        let lead = if index == 0 { "\n--" } else { "," };
        // In the comment, on one line; of a long value its beginning is enough.
        let cut = parameter.floor_char_boundary(PARAMETER_BYTES);
        let shown = literal(&parameter[..cut]).replace('\n', "\\n").replace('\r', "\\r");
        let length = if cut < parameter.len() { format!("… [{} bytes]", parameter.len()) } else { String::new() };
        let _ = write!(text, "{lead} ${} = {shown}{length}", index + 1); // writing to a string cannot fail
    }
    text
}

/// What a learner would write for a read from a database with that data set. Where Postgres has to put the value together, what
/// is read is told, and the rest is left out: the whole statement stands on the receipt.
pub(crate) fn select(set: Option<DataSet>, key: &str) -> String {
    let number = set.and_then(|set| data_sets::number(set, key));
    match (set, number) {
        (Some(DataSet::Products), Some(number)) => format!(
            "SELECT json_build_object(…) FROM products JOIN brands … JOIN categories … JOIN stock … JOIN reviews … \
             WHERE products.id = {number}"
        ),
        (Some(DataSet::Threads), Some(number)) => format!(
            "SELECT json_build_object(…, (WITH RECURSIVE tree AS (… comments … UNION ALL … tree JOIN comments …) …)) \
             FROM threads JOIN authors … WHERE threads.id = {number}"
        ),
        _ => format!("SELECT value FROM {} WHERE key = {}", table(set), literal(key)),
    }
}

/// What a learner would call the table.
fn table(set: Option<DataSet>) -> &'static str {
    set.unwrap_or(DataSet::Users).word()
}

/// What a learner would write for a read from a cache.
pub(crate) fn get(key: &str) -> String {
    format!("GET {}", word(key.as_bytes()))
}

/// What a learner would write for a row that is to have a value, whether or not it is there.
pub(crate) fn put(set: Option<DataSet>, key: &str, value: &str) -> String {
    let (table, key, value) = (table(set), literal(key), literal(&shortened(value)));
    format!("INSERT INTO {table} (key, value) VALUES ({key}, {value}) ON CONFLICT (key) DO UPDATE SET value = {value}")
}

/// What a learner would write for a row that is to go.
pub(crate) fn delete(set: Option<DataSet>, key: &str) -> String {
    format!("DELETE FROM {} WHERE key = {}", table(set), literal(key))
}

/// What a learner would write for a fill.
pub(crate) fn set(key: &str, value: &str, ttl_s: u32) -> String {
    format!("SET {} {} EX {ttl_s}", word(key.as_bytes()), quoted(shortened(value).as_bytes()))
}

/// What a learner would write for a key that is to go from a cache.
pub(crate) fn del(key: &str) -> String {
    format!("DEL {}", word(key.as_bytes()))
}

/// What a client sends, as a learner would write it.
pub(crate) fn request(request: &Request) -> String {
    let (method, key) = (request.method, word(request.key.as_str().as_bytes()));
    match &request.value {
        Some(value) => format!("{method} {key} {}", quoted(shortened(value.as_str()).as_bytes())),
        None => format!("{method} {key}"),
    }
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(SHOWN_CHARS) {
        Some((cut, _)) => format!("{}…", &value[..cut]),
        None => value.to_owned(),
    }
}

/// A string literal of SQL.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// As it is where that is enough, else in quotes.
fn word(arg: &[u8]) -> String {
    let plain = |&b: &u8| b.is_ascii_alphanumeric() || b"_-.:{}/@+*".contains(&b);
    match std::str::from_utf8(arg) {
        Ok(text) if !arg.is_empty() && arg.iter().all(plain) => text.to_owned(),
        _ => quoted(arg),
    }
}

fn quoted(arg: &[u8]) -> String {
    let mut text = String::with_capacity(arg.len() + 2);
    text.push('"');
    for chunk in arg.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => text.extend(['\\', c]),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                c if c.is_ascii_control() => {
                    let _ = write!(text, "\\x{:02x}", u32::from(c));
                }
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use aside_domain::{Key, Value};

    fn cli(args: &[&[u8]]) -> String {
        redis_cli(args.iter().copied())
    }

    #[test]
    fn plain_arguments_stand_plain_and_others_in_quotes() {
        assert_eq!(cli(&[b"GET", b"aside:{0a:redis}:doe"]), "GET aside:{0a:redis}:doe");
        assert_eq!(cli(&[b"SET", b"a b", b"", b"EX", b"60"]), r#"SET "a b" "" EX 60"#);
        assert_eq!(cli(&[b"SET", b"k", b"say \"hi\"\\\n\x00\xff"]), r#"SET k "say \"hi\"\\\n\x00\xff""#);
        assert_eq!(cli(&[b"SET", b"k", "Zürich".as_bytes()]), r#"SET k "Zürich""#);
    }

    #[test]
    fn a_long_value_is_cut_and_its_length_noted_but_what_follows_it_stays() {
        for value in ["x".repeat(4096), "\"".repeat(4096), "ü".repeat(2048)] {
            let text = cli(&[b"SET", b"key", value.as_bytes(), b"EX", b"3600"]);
            assert!(text.len() <= SENT_BYTES, "{}", text.len());
            assert!(text.ends_with("…\" [4096 bytes] EX 3600"), "{text}");
        }
    }

    #[test]
    fn the_longest_key_is_never_cut_when_the_value_is_short() {
        let key = format!("aside:{{{}:{}}}:{}", "0".repeat(32), "n".repeat(48), "\"".repeat(128));
        let text = cli(&[b"SET", key.as_bytes(), b"short", b"EX", b"2592000"]);
        assert!(!text.contains('…'), "{text}");
    }

    #[test]
    fn what_is_shown_is_what_a_learner_would_write() {
        assert_eq!(get("doe"), "GET doe");
        assert_eq!(get("a b"), "GET \"a b\"");
        assert_eq!(set("doe", "Doe, Toronto", 3600), "SET doe \"Doe, Toronto\" EX 3600");
        assert!(set("k", &"é".repeat(100), 1).contains(&format!("\"{}…\"", "é".repeat(40))));
        assert_eq!(del("a b"), "DEL \"a b\"");
        assert_eq!(delete(None, "doe"), "DELETE FROM users WHERE key = 'doe'");
        let put = put(None, "doe", "o'hara");
        assert!(put.starts_with("INSERT INTO users (key, value) VALUES ('doe', 'o''hara') ON CONFLICT"), "{put}");
        let (key, value) = (Key::new("doe").unwrap(), Value::new("Doe, Oslo").unwrap());
        assert_eq!(request(&Request::put(key.clone(), value)), "PUT doe \"Doe, Oslo\"");
        assert_eq!(request(&Request::delete(key)), "DELETE doe");
        assert_eq!(select(None, "o'hara"), "SELECT value FROM users WHERE key = 'o''hara'");
    }

    #[test]
    fn what_is_shown_of_a_data_set_names_its_tables() {
        let read = |set: DataSet| select(Some(set), &set.key(17));
        assert_eq!(read(DataSet::Users), "SELECT value FROM users WHERE key = 'user:17'");
        assert_eq!(read(DataSet::Sessions), "SELECT value FROM sessions WHERE key = 'session:17'");
        let joined = read(DataSet::Products);
        assert!(joined.starts_with("SELECT ") && joined.ends_with(" WHERE products.id = 17"), "{joined}");
        let tree = read(DataSet::Threads);
        assert!(tree.starts_with("SELECT ") && tree.contains("WITH RECURSIVE") && tree.ends_with(" = 17"), "{tree}");
        // What the set does not have can only be a row of the node's own.
        assert_eq!(select(Some(DataSet::Products), "doe"), "SELECT value FROM products WHERE key = 'doe'");
        assert_eq!(delete(Some(DataSet::Threads), "thread:1"), "DELETE FROM threads WHERE key = 'thread:1'");
    }

    #[test]
    fn the_bound_parameters_stand_behind_the_statement() {
        assert_eq!(sql("SELECT $1, $2", &["a", "it's"]), "SELECT $1, $2\n-- $1 = 'a', $2 = 'it''s'");
    }
}
