//! The readers of the members of a response: they take every form that OCP is known to
//! write, and no other. `codegen.rs` hangs [`read`] on those that serde's own
//! readers would misread.

use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Unexpected, Visitor};

/// Reads a member of any type that a response may hold.
pub(crate) fn read<'de, T: Wire<'de>, D: Deserializer<'de>>(d: D) -> Result<T, D::Error> {
    T::read(d)
}

/// A type that knows its forms on the wire.
pub(crate) trait Wire<'de>: Sized {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// Lets serde and its own collections read what a [`Wire`] type is.
pub(crate) struct Read<T>(pub(crate) T);

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

/// Types that serde reads as they should be.
macro_rules! plain {
    ($($type:ty),*) => {$(
        impl<'de> crate::decode::wire::Wire<'de> for $type {
            fn read<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                ::serde::Deserialize::deserialize(deserializer)
            }
        }
    )*};
}

/// Structs, which serde would also read from an array, member by member.
macro_rules! object {
    ($($type:ty),*) => {$(
        impl<'de> crate::decode::wire::Wire<'de> for $type {
            fn read<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_map(crate::decode::wire::ObjectVisitor(::std::marker::PhantomData))
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

/// Reads a text as it stands, without a copy.
pub(crate) fn text<'de, T, D: Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, D::Error> {
    struct TextVisitor<F>(&'static str, F);

    impl<T, F: Fn(&str) -> Option<T>> Visitor<'_> for TextVisitor<F> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            self.1(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
        }
    }

    deserializer.deserialize_str(TextVisitor(expected, read))
}

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
        text(
            deserializer,
            "a time such as 2024-08-08T08:25:39.150608Z",
            parse_time,
        )
    }
}

/// Reads `yyyy-MM-ddTHH:mm:ss`, a fraction of up to nine digits, and `Z`, `+hh:mm`
/// or `+hhmm`, by hand: chrono's readers take more (second 60, any number of digits)
/// and cost as much as all other members of a row together.
fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let mut text = Digits(text.as_bytes());
    let year = text.number(4)?;
    let month = text.after(b'-')?.number(2)?;
    let day = text.after(b'-')?.number(2)?;
    let hour = text.after(b'T')?.number(2)?;
    let minute = text.after(b':')?.number(2)?;
    let second = text.after(b':')?.number(2)?;
    let nanosecond = match text.after(b'.') {
        Some(text) => text.fraction()?,
        None => 0,
    };
    // Neither takes what does not exist, second 60 included.
    let day = NaiveDate::from_ymd_opt(year.cast_signed(), month, day)?;
    let local = day.and_hms_nano_opt(hour, minute, second, nanosecond)?;
    Some(local.checked_sub_offset(text.offset()?)?.and_utc())
}

/// The rest of a time.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    /// The rest after a character, if that is next.
    fn after(&mut self, character: u8) -> Option<&mut Self> {
        let (first, rest) = self.0.split_first()?;
        self.0 = (*first == character).then_some(rest)?;
        Some(self)
    }

    /// The number that so many digits are, at most nine.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number.iter().try_fold(0, |number, digit| {
            let digit = digit.wrapping_sub(b'0');
            (digit < 10).then(|| number * 10 + u32::from(digit))
        })
    }

    /// One to nine digits of a second, in nanoseconds.
    fn fraction(&mut self) -> Option<u32> {
        let is_digit = |byte: &&u8| byte.is_ascii_digit();
        let digits = self.0.iter().take_while(is_digit).count();
        // 0 to 8 zeros are missing to the right.
        let missing = 9_usize.checked_sub(digits).filter(|missing| *missing < 9)?;
        Some(self.number(digits)? * 10_u32.pow(missing.try_into().ok()?))
    }

    /// The offset that ends a time; Java's largest is 18 hours.
    fn offset(&mut self) -> Option<FixedOffset> {
        let (sign, rest) = self.0.split_first()?;
        self.0 = rest;
        let east = match sign {
            b'Z' => return FixedOffset::east_opt(0).filter(|_| rest.is_empty()),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = self.number(2)?;
        let minutes = match self.after(b':') {
            Some(text) => text.number(2)?,
            None => self.number(2)?,
        };
        let is_known = minutes < 60 && hours * 60 + minutes <= 18 * 60 && self.0.is_empty();
        let seconds = (hours * 3600 + minutes * 60).cast_signed();
        FixedOffset::east_opt(east * seconds).filter(|_| is_known)
    }
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
