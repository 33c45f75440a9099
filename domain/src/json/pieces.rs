//! What trees are made of, as serde asks for it.

use super::part::{Names, Part};
use super::{JsonError, Tree};
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde_json::{Map, map};
use std::slice;

/// The items of a list.
pub struct Items<'a>(pub slice::Iter<'a, Tree>);

impl<'a> SeqAccess<'a> for Items<'a> {
    type Error = JsonError;

    fn next_element_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, JsonError> {
        self.0.next().map(|item| seed.deserialize(Part(item))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The entries of an object whose keys are no fields: texts.
pub struct Entries<'a> {
    entries: map::Iter<'a>,
    value: Option<&'a Tree>,
}

impl<'a> Entries<'a> {
    pub fn of(object: &'a Map<String, Tree>) -> Self {
        Self { entries: object.iter(), value: None }
    }
}

impl<'a> MapAccess<'a> for Entries<'a> {
    type Error = JsonError;

    fn next_key_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, JsonError> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, JsonError> {
        seed.deserialize(Part(self.value.unwrap_or(&Tree::Null)))
    }
}

/// The fields of an object, in the order in which their type has them. One that is missing ends the sequence for a moment:
/// the type takes its default, or fails.
pub struct Members<'a> {
    object: &'a Map<String, Tree>,
    fields: slice::Iter<'static, &'static str>,
    missing: Option<&'static str>,
}

impl<'a> Members<'a> {
    pub fn of(object: &'a Map<String, Tree>, fields: Names) -> Self {
        Self { object, fields: fields.iter(), missing: None }
    }

    fn next(&mut self) -> Option<Part<'a>> {
        let field = self.fields.next()?;
        let member = self.object.get(*field);
        self.missing = if member.is_none() { Some(field) } else { None };
        member.map(Part)
    }

    /// The error of a type that asked for these: after a field that is missing it can be no other than this.
    pub fn explain(&self, error: JsonError) -> JsonError {
        self.missing.map_or(error, JsonError::missing_field)
    }
}

impl<'a> SeqAccess<'a> for &mut Members<'a> {
    type Error = JsonError;

    fn next_element_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, JsonError> {
        self.next().map(|member| seed.deserialize(member)).transpose()
    }
}

/// A variant of an enumeration, and what it holds.
pub struct Variant<'a> {
    pub number: usize,
    pub content: Option<Part<'a>>,
}

impl<'a> Variant<'a> {
    fn content(self, expected: &'static str) -> Result<Part<'a>, JsonError> {
        self.content.ok_or_else(|| JsonError::invalid_type(Unexpected::UnitVariant, &expected))
    }
}

impl<'a> EnumAccess<'a> for Variant<'a> {
    type Error = JsonError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<(S::Value, Self), JsonError> {
        let which = seed.deserialize((self.number as u64).into_deserializer())?;
        Ok((which, self))
    }
}

impl<'a> VariantAccess<'a> for Variant<'a> {
    type Error = JsonError;

    fn unit_variant(self) -> Result<(), JsonError> {
        match self.content {
            Some(content) if !content.0.is_null() => Err(content.unfit(&"unit variant")),
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<S::Value, JsonError> {
        seed.deserialize(self.content("newtype variant")?)
    }

    fn tuple_variant<V: Visitor<'a>>(self, len: usize, visitor: V) -> Result<V::Value, JsonError> {
        self.content("tuple variant")?.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'a>>(self, fields: Names, visitor: V) -> Result<V::Value, JsonError> {
        self.content("struct variant")?.deserialize_struct("", fields, visitor)
    }
}
