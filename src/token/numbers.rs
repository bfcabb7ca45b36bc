//! Numbers in JSON that would not be signed as they were typed.
//!
//! Numbers are kept as 64-bit integers or as doubles (RFC 8259 §6). A longer one would be rounded, and the token would
//! say another number than the person who asked for it.

use std::fmt;

use serde_json::Number;

/// How many characters of a number a message shows.
const LONGEST_NUMBER: usize = 64;

/// A number as it was typed, and as it would be written.
#[derive(Debug, PartialEq, Eq)]
pub struct ChangedNumber {
    typed: String,
    written: String,
}

/// To follow "has".
impl fmt::Display for ChangedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed: String = self.typed.chars().take(LONGEST_NUMBER).collect();
        let written = &self.written;
        let fix = if written == "-0.0" { "write 0" } else { "write it as a string, in double quotes" };
        write!(
            f,
            "the number {typed}, which would be written as {written}: numbers are kept as 64-bit integers or doubles; \
             {fix}"
        )
    }
}

/// The first number of a JSON text that would be written with another value, or as a zero with a sign.
pub fn first_changed_number(json: &str) -> Option<ChangedNumber> {
    numbers(json).find_map(|typed| {
        let written = serde_json::from_str::<Number>(typed).ok()?.to_string();
        let value = Decimal::of(typed);
        let is_same = value.is_some() && value == Decimal::of(&written);
        let is_negative_zero = typed.starts_with('-') && value.is_some_and(|value| value.digits.is_empty());
        (!is_same || is_negative_zero).then(|| ChangedNumber { typed: typed.to_owned(), written })
    })
}

/// The texts of all numbers, at every depth.
fn numbers(json: &str) -> impl Iterator<Item = &str> {
    let outside_of_strings = outside_of_strings(json).into_iter();
    let of_number = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    let words = outside_of_strings.flat_map(move |part| part.split(move |c| !of_number(c)));
    words.filter(|word| word.starts_with(|c: char| c == '-' || c.is_ascii_digit()))
}

fn outside_of_strings(json: &str) -> Vec<&str> {
    let (mut parts, mut start, mut in_string, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, c) in json.char_indices() {
        if c == '"' && !is_escaped {
            if !in_string {
                parts.push(&json[start..at]);
            }
            in_string = !in_string;
            start = at + 1;
        }
        is_escaped = in_string && c == '\\' && !is_escaped;
    }
    parts.push(&json[start..]);
    parts
}

/// The value of a number: its sign, its digits without zeros at either end, and the power of ten of the last digit.
#[derive(PartialEq, Eq)]
struct Decimal {
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    fn of(text: &str) -> Option<Self> {
        let (text, is_negative) = text.strip_prefix('-').map_or((text, false), |text| (text, true));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_end_matches('0');
        let zeros = i64::try_from(all.len() - digits.len()).ok()?;
        let digits = digits.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self { is_negative, digits, exponent: 0 });
        }
        let exponent = exponent.parse::<i64>().ok()?.checked_add(zeros)?;
        Some(Self { is_negative, digits, exponent: exponent.checked_sub(i64::try_from(fraction.len()).ok()?)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_fits_is_left_alone() {
        for json in [
            "{}",
            r#"{"n":0,"m":-1,"big":18446744073709551615,"small":-9223372036854775808}"#,
            r#"{"a":0.1,"b":1.50,"c":1e3,"d":-2.5E-3,"e":1.7976931348623157e308,"f":100e-2}"#,
            r#"{"text":"12345678901234567890123 -0 \" 1e400","a":[1,{"b":2}]}"#,
            r#"{"zero":0.0,"also":0e5}"#,
        ] {
            assert_eq!(first_changed_number(json), None, "{json}");
        }
    }

    #[test]
    fn a_number_that_would_be_rounded_and_a_negative_zero_are_found_at_every_depth() {
        for (json, typed, written) in [
            (r#"{"n":12345678901234567890123}"#, "12345678901234567890123", "1.2345678901234568e+22"),
            (r#"{"n":18446744073709551616}"#, "18446744073709551616", "1.8446744073709552e+19"),
            (r#"{"z":-0}"#, "-0", "-0.0"),
            (r#"{"z":-0.00}"#, "-0.00", "-0.0"),
            (r#"{"a":[1,{"b":0.12345678901234567891}]}"#, "0.12345678901234567891", "0.12345678901234568"),
            (r#"{"a":1e-400}"#, "1e-400", "0.0"),
        ] {
            let changed = ChangedNumber { typed: typed.to_owned(), written: written.to_owned() };
            assert_eq!(first_changed_number(json), Some(changed), "{json}");
        }
    }
}
