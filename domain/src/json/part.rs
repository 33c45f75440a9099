//! The way from a tree to a value.
//!
//! serde's derived code can read a value in many ways: fields in any order or in their own, by name, by number or as bytes.
//! Only what a reader asks for is compiled. This one asks for the shortest: it looks each field up by its name, in the order in
//! which the type has them, and hands them over as a sequence; variants it hands over as their numbers.

use super::pieces::{Entries, Items, Members, Variant};
use super::{JsonError, Tree};
use serde::de::{Deserializer, Error, Expected, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

/// Of fields or variants.
pub(super) type Names = &'static [&'static str];

/// A tree, or a part of one.
#[derive(Clone, Copy)]
pub struct Part<'a>(pub &'a Tree);

impl Part<'_> {
    /// The error that something else was expected here.
    pub fn unfit(self, expected: &dyn Expected) -> JsonError {
        let found = match self.0 {
            Tree::Null => Unexpected::Unit,
            Tree::Bool(value) => Unexpected::Bool(*value),
            Tree::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(value), _) => Unexpected::Unsigned(value),
                (None, Some(value)) => return JsonError::invalid_value(Unexpected::Signed(value), expected),
                (None, None) => Unexpected::Float(0.0),
            },
            Tree::String(text) => Unexpected::Str(text),
            Tree::Array(_) => Unexpected::Seq,
            Tree::Object(_) => Unexpected::Map,
        };
        JsonError::invalid_type(found, expected)
    }
}

// Each as a function of its own, for those below are compiled anew for each type.
impl<'a> Part<'a> {
    fn items(self, expected: &dyn Expected) -> Result<Items<'a>, JsonError> {
        self.0.as_array().map(|items| Items(items.iter())).ok_or_else(|| self.unfit(expected))
    }

    fn entries(self, expected: &dyn Expected) -> Result<Entries<'a>, JsonError> {
        self.0.as_object().map(Entries::of).ok_or_else(|| self.unfit(expected))
    }

    fn members(self, fields: Names, expected: &dyn Expected) -> Result<Members<'a>, JsonError> {
        self.0.as_object().map(|object| Members::of(object, fields)).ok_or_else(|| self.unfit(expected))
    }

    /// A variant is its name, or an object with one member: its name, and what it holds.
    fn variant(self, names: Names, expected: &dyn Expected) -> Result<Variant<'a>, JsonError> {
        let (name, content) = match self.0 {
            Tree::String(name) => (name, None),
            Tree::Object(object) if object.len() == 1 => match object.iter().next() {
                Some((name, content)) => (name, Some(Part(content))),
                None => return Err(self.unfit(expected)),
            },
            _ => return Err(self.unfit(expected)),
        };
        let number = names.iter().position(|known| known == name);
        let number = number.ok_or_else(|| JsonError::unknown_variant(name, names))?;
        Ok(Variant { number, content })
    }
}

/// What each kind of number asks for.
macro_rules! numbers {
    ($($method:ident: $get:ident, $visit:ident;)*) => {
        $(fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, JsonError> {
            match self.0.$get() {
                Some(number) => visitor.$visit(number),
                None => Err(self.unfit(&visitor)),
            }
        })*
    };
}

impl<'a> Deserializer<'a> for Part<'a> {
    type Error = JsonError;

    numbers! {
        deserialize_u8: as_u64, visit_u64;
        deserialize_u16: as_u64, visit_u64;
        deserialize_u32: as_u64, visit_u64;
        deserialize_u64: as_u64, visit_u64;
        deserialize_i8: as_i64, visit_i64;
        deserialize_i16: as_i64, visit_i64;
        deserialize_i32: as_i64, visit_i64;
        deserialize_i64: as_i64, visit_i64;
        deserialize_f32: as_f64, visit_f64;
        deserialize_f64: as_f64, visit_f64;
        deserialize_bool: as_bool, visit_bool;
        deserialize_str: as_str, visit_borrowed_str;
        deserialize_string: as_str, visit_borrowed_str;
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, _: &'static str, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let items = self.items(&visitor)?;
        visitor.visit_seq(items)
    }

    fn deserialize_tuple<V: Visitor<'a>>(self, len: usize, visitor: V) -> Result<V::Value, JsonError> {
        let items = self.items(&visitor)?;
        if items.0.len() == len { visitor.visit_seq(items) } else { Err(JsonError::invalid_length(len, &visitor)) }
    }

    fn deserialize_tuple_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let entries = self.entries(&visitor)?;
        visitor.visit_map(entries)
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        fields: Names,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        let mut members = self.members(fields, &visitor)?;
        visitor.visit_seq(&mut members).map_err(|error| members.explain(error))
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        variants: Names,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        let variant = self.variant(variants, &visitor)?;
        visitor.visit_enum(variant)
    }

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.0.deserialize_any(visitor).map_err(JsonError::custom)
    }

    forward_to_deserialize_any! { <V: Visitor<'a>> char bytes byte_buf unit unit_struct identifier ignored_any }
}
