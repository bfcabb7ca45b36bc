//! Durations as people write them, in one syntax for every setting and flag: `30s`, `5m`, `1h`, `2d`, or seconds.

use std::ops::RangeInclusive;

/// The seconds that `text` means, when they lie within `range`: a whole number and `s`, `m`, `h` or `d`; a number alone
/// counts seconds.
pub fn seconds_in(text: &str, range: RangeInclusive<i64>) -> Option<i64> {
    let (number, unit) = match text.as_bytes().last()? {
        b's' => (&text[..text.len() - 1], 1),
        b'm' => (&text[..text.len() - 1], 60),
        b'h' => (&text[..text.len() - 1], 3600),
        b'd' => (&text[..text.len() - 1], 86_400),
        _ => (text, 1),
    };
    // `parse` would take a sign.
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = number.parse().ok().filter(|_| is_number)?;
    number.checked_mul(unit).filter(|seconds| range.contains(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_with_a_unit_or_seconds() {
        for (text, seconds) in
            [("0", 0), ("60", 60), ("060", 60), ("30s", 30), ("5m", 300), ("1h", 3600), ("2d", 172_800), ("0d", 0)]
        {
            assert_eq!(seconds_in(text, 0..=i64::MAX), Some(seconds), "{text}");
        }
        for bad in [
            "",
            "s",
            "h",
            "1H",
            "1 h",
            " 1h",
            "1h ",
            "1h30m",
            "+1h",
            "-1h",
            "-1",
            "1.5h",
            "1w",
            "1ms",
            "1min",
            "1h\n",
            "h1",
            "١h",
            "9223372036854775807d",
            "99999999999999999999",
            "é",
        ] {
            assert_eq!(seconds_in(bad, i64::MIN..=i64::MAX), None, "{bad:?}");
        }
    }

    #[test]
    fn a_duration_outside_of_its_range_is_none() {
        assert_eq!(seconds_in("1d", 1..=86_400), Some(86_400));
        for outside in ["0", "0h", "86401", "25h", "2d"] {
            assert_eq!(seconds_in(outside, 1..=86_400), None, "{outside}");
        }
    }
}
