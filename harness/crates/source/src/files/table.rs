//! Tables of TOML that are nothing but tables.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// A struct that is read from a table only; by itself serde takes a list of its
/// fields as well.
#[derive(Clone, Copy, Debug, Default)]
pub struct Table<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Maps<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Maps<T> {
            type Value = Table<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Table)
            }
        }

        deserializer.deserialize_map(Maps(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_no_table() {
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default)]
        struct Inner {
            a: u8,
        }
        #[derive(Debug, serde::Deserialize)]
        struct Outer {
            inner: Table<Inner>,
        }
        let outer: Outer = toml::from_str("[inner]\na = 1").expect("a table");
        assert_eq!(outer.inner.0.a, 1);
        for other in ["inner = []", "inner = [1]", "inner = 1", "[[inner]]\na = 1"] {
            let error = toml::from_str::<Outer>(other).expect_err(other);
            assert!(error.message().contains("expected a table"), "{error}");
            assert!(error.span().is_some(), "{other}");
        }
    }
}
