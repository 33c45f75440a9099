//! JSON, read in one way.
//!
//! `serde_json` can read each type in several ways: a struct from an array too, a number from a float, a text from bytes.
//! Every way is compiled for every type, and most of it can never happen here. This reader takes what `serde_json` writes
//! of our types and nothing else: all that the browser reads goes through it, for the sake of its module's size.

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// How deep lists and objects may lie in each other where nobody looks into them.
const DEPTH: u32 = 128;

/// Why a text could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError(String);

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for JsonError {}

impl de::Error for JsonError {
    fn custom<T: fmt::Display>(problem: T) -> Self {
        Self(problem.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        mismatch("type", &words(found), expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        mismatch("value", &words(found), expected)
    }
}

/// What `serde` found. Its own words would bring the formatting of floats along.
fn words(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Unsigned(number) => format!("integer `{number}`"),
        Unexpected::Signed(number) => format!("integer `{number}`"),
        Unexpected::Str(text) => format!("string \"{text}\""),
        Unexpected::Map => "map".to_owned(),
        Unexpected::Seq => "sequence".to_owned(),
        _ => "something else".to_owned(),
    }
}

fn mismatch(what: &str, found: &str, expected: &dyn Expected) -> JsonError {
    JsonError(format!("invalid {what}: {found}, expected {expected}"))
}

/// Reads a value.
///
/// # Errors
/// Half a sentence that says what is wrong, and where if it is not JSON at all.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    let mut reader = Reader { text, at: 0 };
    let value = T::deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// Any value, as it was written.
#[derive(Debug)]
pub struct Raw(pub String);

impl Raw {
    const NAME: &'static str = "json::Raw";
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;
        impl Visitor<'_> for Whole {
            type Value = Raw;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Raw, E> {
                Ok(Raw(text.to_owned()))
            }
        }
        deserializer.deserialize_newtype_struct(Self::NAME, Whole)
    }
}

/// A place in a text.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// What the next value or sign starts with.
    fn next(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    fn wrong(&self, problem: &str) -> JsonError {
        let before = self.text.get(..self.at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        let problem = if self.at < self.text.len() { problem } else { "the text ends too early" };
        JsonError(format!("{problem} at line {line} column {column}"))
    }

    /// The value that starts here is not `expected`.
    fn other(&mut self, expected: &dyn Expected) -> JsonError {
        let found = match self.next() {
            Some(b'{') => "map",
            Some(b'[') => "sequence",
            Some(b'"') => "string",
            Some(b't' | b'f') => "boolean",
            Some(b'n') => "null",
            Some(b'-' | b'0'..=b'9') => "number",
            _ => return self.wrong("expected value"),
        };
        mismatch("type", found, expected)
    }

    fn end(&mut self) -> Result<(), JsonError> {
        if self.next().is_some() { Err(self.wrong("trailing characters")) } else { Ok(()) }
    }

    /// Goes beyond a sign.
    fn sign(&mut self, sign: u8, problem: &str) -> Result<(), JsonError> {
        if self.next() != Some(sign) {
            return Err(self.wrong(problem));
        }
        self.at += 1;
        Ok(())
    }

    /// Goes beyond a word, if it stands here.
    fn word(&mut self, word: &str) -> bool {
        self.next();
        let is_here = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        if is_here {
            self.at += word.len();
        }
        is_here
    }

    /// Goes to the next item of a list or an object, or beyond its end.
    fn item(&mut self, is_first: bool, close: u8) -> Result<bool, JsonError> {
        if self.next() == Some(close) {
            self.at += 1;
            return Ok(false);
        }
        if !is_first {
            self.sign(b',', "expected a comma or the end of the list")?;
        }
        Ok(true)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.sign(b'"', "expected a string")?;
        let mut text = Cow::Borrowed("");
        loop {
            let from = self.at;
            while self.byte().is_some_and(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            text += &self.text[from..self.at];
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.to_mut().push(self.escaped()?),
                _ => return Err(self.wrong("control character in a string")),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, JsonError> {
        self.at += 2;
        Ok(match self.text.as_bytes().get(self.at - 1) {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'u') => return self.code_point(),
            Some(sign @ (b'"' | b'\\' | b'/')) => char::from(*sign),
            _ => {
                self.at -= 1;
                return Err(self.wrong("invalid escape"));
            }
        })
    }

    /// What follows `\u`, with the other half if this is one.
    fn code_point(&mut self) -> Result<char, JsonError> {
        let mut code = self.hex()?;
        if (0xD800..0xDC00).contains(&code) && self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let low = self.hex()?.wrapping_sub(0xDC00);
            code = if low < 0x400 { 0x10000 + ((code - 0xD800) << 10) + low } else { u32::MAX };
        }
        char::from_u32(code).ok_or_else(|| self.wrong("lone surrogate in a string"))
    }

    fn hex(&mut self) -> Result<u32, JsonError> {
        let digits =
            self.text.get(self.at..self.at + 4).filter(|digits| digits.bytes().all(|it| it.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or_else(|| self.wrong("invalid escape"))?;
        self.at += 4;
        Ok(code)
    }

    /// The characters of a number.
    fn number(&mut self) -> &'a str {
        self.next();
        let from = self.at;
        while self.byte().is_some_and(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
            self.at += 1;
        }
        &self.text[from..self.at]
    }

    fn integer<T: FromStr>(&mut self, expected: &dyn Expected) -> Result<T, JsonError> {
        if !matches!(self.next(), Some(b'-' | b'0'..=b'9')) {
            return Err(self.other(expected));
        }
        let number = self.number();
        let is_plain = number == "0" || !number.strip_prefix('-').unwrap_or(number).starts_with('0');
        let value = if is_plain { number.parse().ok() } else { None };
        value.ok_or_else(|| mismatch("value", &format!("number `{number}`"), expected))
    }

    /// Goes beyond a value, whatever it is.
    fn skip(&mut self, depth: u32) -> Result<(), JsonError> {
        let is_map = match self.next() {
            Some(b'"') => return self.string().map(drop),
            Some(b'{') => true,
            Some(b'[') => false,
            _ if self.word("null") || self.word("true") || self.word("false") => return Ok(()),
            _ if !self.number().is_empty() => return Ok(()),
            _ => return Err(self.wrong("expected value")),
        };
        if depth == 0 {
            return Err(self.wrong("too deep"));
        }
        self.at += 1;
        let mut is_first = true;
        while self.item(is_first, if is_map { b'}' } else { b']' })? {
            if is_map {
                self.string()?;
                self.sign(b':', "expected a colon")?;
            }
            self.skip(depth - 1)?;
            is_first = false;
        }
        Ok(())
    }

    /// Begins to read a list or an object.
    fn items(&mut self, open: u8, expected: &dyn Expected) -> Result<Items<'_, 'a>, JsonError> {
        if self.next() != Some(open) {
            return Err(self.other(expected));
        }
        self.at += 1;
        Ok(Items { reader: self, close: if open == b'{' { b'}' } else { b']' }, is_first: true, is_over: false })
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'_> {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        Err(self.other(&visitor))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.word("true") {
            visitor.visit_bool(true)
        } else if self.word("false") {
            visitor.visit_bool(false)
        } else {
            Err(self.other(&visitor))
        }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let number = self.integer(&visitor)?;
        visitor.visit_i64(number)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let number = self.integer(&visitor)?;
        visitor.visit_u64(number)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.next() != Some(b'"') {
            return Err(self.other(&visitor));
        }
        visitor.visit_str(&self.string()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.word("null") { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        if name != Raw::NAME {
            return visitor.visit_newtype_struct(self);
        }
        self.next();
        let from = self.at;
        self.skip(DEPTH)?;
        visitor.visit_str(&self.text[from..self.at])
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let mut items = self.items(b'[', &visitor)?;
        let value = visitor.visit_seq(&mut items)?;
        items.end()?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let mut items = self.items(b'{', &visitor)?;
        let value = visitor.visit_map(&mut items)?;
        items.end()?;
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        if self.next() == Some(b'"') {
            return visitor.visit_enum(Choice { reader: self, has_data: false });
        }
        let mut items = self.items(b'{', &visitor)?;
        items.item()?;
        let value = visitor.visit_enum(Choice { reader: items.reader, has_data: true })?;
        items.end()?;
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.skip(DEPTH)?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i8 i16 i128 u8 u128 f32 f64 char bytes byte_buf unit unit_struct tuple_struct }
}

/// The items of a list, or of an object.
struct Items<'r, 'a> {
    reader: &'r mut Reader<'a>,
    close: u8,
    is_first: bool,
    is_over: bool,
}

impl Items<'_, '_> {
    /// Goes to the next one, if there is one.
    fn item(&mut self) -> Result<bool, JsonError> {
        self.is_over = self.is_over || !self.reader.item(self.is_first, self.close)?;
        self.is_first = false;
        Ok(!self.is_over)
    }

    fn end(&mut self) -> Result<(), JsonError> {
        if self.item()? { Err(self.reader.wrong("expected the end of the list")) } else { Ok(()) }
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, '_> {
    type Error = JsonError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, JsonError> {
        if self.item()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for &mut Items<'_, '_> {
    type Error = JsonError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, JsonError> {
        if self.item()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, JsonError> {
        self.reader.sign(b':', "expected a colon")?;
        seed.deserialize(&mut *self.reader)
    }
}

/// A variant: its name alone, or an object of it and its data.
struct Choice<'r, 'a> {
    reader: &'r mut Reader<'a>,
    has_data: bool,
}

impl Choice<'_, '_> {
    fn data(&mut self) -> Result<(), JsonError> {
        if self.has_data { Ok(()) } else { Err(de::Error::custom("invalid type: unit variant, expected its data")) }
    }
}

impl<'de> EnumAccess<'de> for Choice<'_, '_> {
    type Error = JsonError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), JsonError> {
        let name = self.reader.string()?;
        let name: StrDeserializer<'_, JsonError> = name.as_ref().into_deserializer();
        let variant = seed.deserialize(name)?;
        if self.has_data {
            self.reader.sign(b':', "expected a colon")?;
        }
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Choice<'_, '_> {
    type Error = JsonError;

    fn unit_variant(self) -> Result<(), JsonError> {
        if !self.has_data || self.reader.word("null") { Ok(()) } else { Err(self.reader.other(&"unit variant")) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(mut self, seed: T) -> Result<T::Value, JsonError> {
        self.data()?;
        seed.deserialize(self.reader)
    }

    fn tuple_variant<V: Visitor<'de>>(mut self, _length: usize, visitor: V) -> Result<V::Value, JsonError> {
        self.data()?;
        self.reader.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        mut self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.data()?;
        self.reader.deserialize_map(visitor)
    }
}
