//! Open enums: lists of values that a newer OCP may extend.

use std::fmt;

/// A value that this version of the crate has no variant for, kept as it came.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct OtherValue(pub(crate) String);

impl OtherValue {
    /// The value as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OtherValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Defines an enum whose last variant holds every value that is not listed.
///
/// The text decides everything: two values are equal when their texts are, and
/// a listed one always becomes its variant, whichever way it comes in.
macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $value:literal,)+ }) => {
        $(#[$meta])*
        ///
        /// An open list. Match on [`as_str`](Self::as_str), or compare with
        /// `==`, if a value matters that has no variant yet: it may get one
        /// in a later version.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
            /// Any other value.
            Other(crate::OtherValue),
        }

        impl $name {
            /// Every listed value, in the order of the specification.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant,)+];

            /// The value as it goes over the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)+
                    Self::Other(value) => value.as_str(),
                }
            }
        }

        impl ::std::convert::From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $($value => Self::$variant,)+
                    _ => Self::Other(crate::OtherValue(value.to_owned())),
                }
            }
        }

        impl ::std::convert::From<::std::string::String> for $name {
            fn from(value: ::std::string::String) -> Self {
                Self::from(value.as_str())
            }
        }

        impl ::std::cmp::PartialEq<str> for $name {
            fn eq(&self, value: &str) -> bool {
                self.as_str() == value
            }
        }

        impl ::std::cmp::PartialEq<&str> for $name {
            fn eq(&self, value: &&str) -> bool {
                self.as_str() == *value
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                crate::decode::wire::text(deserializer, "a string", |text| Some(Self::from(text)))
            }
        }

        crate::decode::wire::plain!($name);

        #[cfg(feature = "schemars")]
        impl ::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!({ "type": "string", "x-extensible-enum": [$($value),+] })
            }
        }
    };
}

pub(crate) use vocabulary;

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro is for types that are exported")]
mod tests {
    vocabulary! {
        /// Made up.
        Colour {
            /// `DEEP RED`
            DeepRed = "DEEP RED",
            /// `GREEN`
            Green = "GREEN",
        }
    }

    #[test]
    fn a_listed_value_is_its_variant_and_any_other_is_kept() {
        let red: Colour = serde_json::from_str("\"DEEP RED\"").unwrap();
        assert_eq!(red, Colour::DeepRed);
        let new: Colour = serde_json::from_str("\"Deep Red\"").unwrap();
        assert_eq!(new, "Deep Red");
        assert_eq!(serde_json::to_string(&new).unwrap(), "\"Deep Red\"");
        assert_eq!(format!("{new:?}"), "Other(\"Deep Red\")");
        assert!(serde_json::from_str::<Colour>("7").is_err());
    }

    #[test]
    fn every_listed_value_survives_the_way_there_and_back() {
        assert_eq!(Colour::KNOWN, [Colour::DeepRed, Colour::Green]);
        for value in Colour::KNOWN {
            assert_eq!(&Colour::from(value.as_str()), value);
            assert!(!matches!(value, Colour::Other(_)));
        }
    }
}
