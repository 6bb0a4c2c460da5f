//! How the members of an answer are read: in every form that OCP is known to
//! write, and in no other. `codegen.rs` hangs [`read`] on each of them.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, FixedOffset, NaiveDateTime, Utc};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Unexpected, Visitor};

/// Reads a member of any type that an answer may hold.
pub(crate) fn read<'de, T: Wire<'de>, D: Deserializer<'de>>(d: D) -> Result<T, D::Error> {
    T::read(d)
}

/// A type that knows its forms on the wire.
pub(crate) trait Wire<'de>: Sized {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// Lets serde's own collections read what a [`Wire`] type is.
struct Read<T>(T);

impl<'de, T: Wire<'de>> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self)
    }
}

/// Absent and null are the same.
impl<'de, T: Wire<'de>> Wire<'de> for Option<T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<Read<T>>::deserialize(deserializer)?.map(|read| read.0))
    }
}

impl<'de, T: Wire<'de>> Wire<'de> for Vec<T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = Vec::<Read<T>>::deserialize(deserializer)?;
        Ok(items.into_iter().map(|read| read.0).collect())
    }
}

impl<'de, T: Wire<'de>> Wire<'de> for Box<T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self::new)
    }
}

impl<'de, T: Wire<'de>> Wire<'de> for HashMap<String, T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = HashMap::<String, Read<T>>::deserialize(deserializer)?;
        Ok(members
            .into_iter()
            .map(|(name, read)| (name, read.0))
            .collect())
    }
}

/// Types that serde reads as they should be.
macro_rules! plain {
    ($($type:ty),*) => {$(
        impl<'de> crate::wire::Wire<'de> for $type {
            fn read<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                ::serde::Deserialize::deserialize(deserializer)
            }
        }
    )*};
}

/// Structs, which serde would also read from an array, member by member.
macro_rules! object {
    ($($type:ty),*) => {$(
        impl<'de> crate::wire::Wire<'de> for $type {
            fn read<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_map(crate::wire::ObjectVisitor(::std::marker::PhantomData))
            }
        }
    )*};
}

pub(crate) use {object, plain};

plain!(
    bool,
    serde_json::Map<String, serde_json::Value>,
    f64,
    String,
    serde_json::Value,
    crate::ErrorCode,
    crate::QueryTime
);

pub(crate) struct ObjectVisitor<T>(pub(crate) PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

impl<'de> Wire<'de> for i64 {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IntegerVisitor(PhantomData))
    }
}

impl<'de> Wire<'de> for i32 {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IntegerVisitor(PhantomData))
    }
}

/// Reads an integer; OCP writes a Java `Long` beyond ±(2^53−1) as a string.
///
/// Refused are a number with a fraction (`2.0`, too: OCP writes no `Long` like
/// this), a number out of range, and a string that is not what Java prints.
struct IntegerVisitor<T>(PhantomData<T>);

impl<T: TryFrom<i64>> Visitor<'_> for IntegerVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = size_of::<T>() * 8;
        write!(f, "an integer of {bits} bits, as a number or a string")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<T, E> {
        T::try_from(value).map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Err(E::invalid_value(Unexpected::Unsigned(value), &self)),
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        match text.parse::<i64>() {
            Ok(value) if value.to_string() == text => self.visit_i64(value),
            _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }
}

/// Reads a time-stamp with any offset and 0 to 9 digits of a second.
///
/// Refused are a time that does not exist, such as 30 February or second 60,
/// and any other form.
impl<'de> Wire<'de> for DateTime<Utc> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TimeVisitor;

        impl Visitor<'_> for TimeVisitor {
            type Value = DateTime<Utc>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time such as 2024-08-08T08:25:39.150608Z")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                parse_time(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_str(TimeVisitor)
    }
}

/// Reads `yyyy-MM-ddTHH:mm:ss`, a fraction of up to nine digits, and `Z`,
/// `+hh:mm` or `+hhmm`. The form is checked here; chrono is more generous and
/// would, for one, read second 60 and any number of digits.
fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let (local, rest) = text.split_at_checked(19)?;
    let is_form = local.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    });
    if !is_form || local.ends_with("60") {
        return None;
    }
    let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M:%S").ok()?;

    let (fraction, offset) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?),
        None => ("0", rest),
    };
    if !(1..=9).contains(&fraction.len()) {
        return None;
    }
    let nanoseconds: i64 = format!("{fraction:0<9}").parse().ok()?;
    let local = local.checked_add_signed(chrono::Duration::nanoseconds(nanoseconds))?;
    Some(
        local
            .and_local_timezone(parse_offset(offset)?)
            .single()?
            .to_utc(),
    )
}

fn parse_offset(offset: &str) -> Option<FixedOffset> {
    if offset == "Z" {
        return FixedOffset::east_opt(0);
    }
    if !offset.is_ascii() {
        return None;
    }
    let sign = match offset.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match (&offset.as_bytes()[1..], offset.len()) {
        ([_, _, b':', _, _], 6) => (&offset[1..3], &offset[4..6]),
        ([_, _, _, _], 5) => (&offset[1..3], &offset[3..5]),
        _ => return None,
    };
    if ![hours, minutes]
        .iter()
        .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    // Java's largest offset is 18 hours.
    if minutes > 59 || hours * 60 + minutes > 18 * 60 {
        return None;
    }
    FixedOffset::east_opt(sign * (hours * 60 + minutes) * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(json: &str) -> Result<i64, String> {
        i64::read(&mut serde_json::Deserializer::from_str(json)).map_err(|error| error.to_string())
    }

    #[test]
    fn longs_are_exact_to_the_last_one_in_either_form() {
        for value in [
            0,
            -1,
            1_100_611_139_403_777,
            i64::MAX,
            i64::MIN,
            (1 << 53) + 1,
        ] {
            assert_eq!(long(&value.to_string()), Ok(value));
            assert_eq!(long(&format!("\"{value}\"")), Ok(value));
        }
        for json in [
            "9223372036854775808",
            "-9223372036854775809",
            "\"9223372036854775808\"",
            "2.0",
            "1e3",
            "\"\"",
            "\" 1\"",
            "\"+1\"",
            "\"01\"",
            "\"-0\"",
            "\"1.0\"",
            "true",
            "null",
            "[1]",
        ] {
            assert!(long(json).is_err(), "{json} was read");
        }
        let small = i32::read(&mut serde_json::Deserializer::from_str("2147483648"));
        assert!(small.is_err());
    }

    #[test]
    fn each_listed_form_of_a_time_is_the_exact_instant() {
        for (text, nanoseconds) in [
            ("2024-08-08T08:25:39Z", 0),
            ("2024-08-08T16:25:39+08:00", 0),
            ("2024-08-08T16:25:39+0800", 0),
            ("2024-08-08T02:55:39-05:30", 0),
            ("2024-08-08T08:25:39.1Z", 100_000_000),
            ("2024-08-08T08:25:39.150608Z", 150_608_000),
            ("2024-08-08T16:25:39.123456789+08:00", 123_456_789),
            ("2024-08-08T08:25:39.000000001-0000", 1),
        ] {
            let expected = DateTime::from_timestamp(1_723_105_539, nanoseconds);
            assert_eq!(parse_time(text), expected, "{text}");
        }
    }

    #[test]
    fn a_time_that_does_not_exist_or_has_no_offset_is_refused() {
        for text in [
            "",
            "Z",
            "2024-08-08",
            "2024-08-08T08:25:39",
            "2024-08-08 08:25:39Z",
            "2024-08-08T08:25Z",
            "2024-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-08-08T24:00:00Z",
            "2024-06-30T23:59:60Z",
            "2024-08-08T08:60:39Z",
            "2024-08-08T08:25:39.Z",
            "2024-08-08T08:25:39.1234567890Z",
            "2024-08-08T08:25:39,5Z",
            "2024-08-08T08:25:39+19:00",
            "2024-08-08T08:25:39+08:60",
            "2024-08-08T08:25:39+8",
            "2024-08-08T08:25:39+08",
            "2024-08-08T08:25:39z",
            "2024-8-8T8:25:39Z",
            "2024-08-08T08:25:39Z ",
            "2024-08-08T08:25:39+0é0",
            "2024-08-08T08:25:39+éé",
            "2024-08-08T08:25:3é",
            "+024-08-08T08:25:39Z",
            "2024-08-08T08:25:39+-800",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
