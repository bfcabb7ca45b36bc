//! The 4096-byte limit: a token grows until the browser silently drops its cookie.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use super::remark::Remark;

pub const NAME: &str = "lab-size";
pub const SMALLEST: usize = 1000;
pub const LARGEST: usize = 6000;
pub const STEP: usize = 500;
/// The most bytes that browsers keep of a cookie's name and value together.
const KEPT: usize = 4096;

/// The line that sets the cookie.
pub fn line(token: &str) -> String {
    let cookie = Cookie::build((NAME, token)).http_only(true).same_site(SameSite::Lax);
    cookie.path("/lab/lessons/size-limit").max_age(Duration::minutes(5)).to_string()
}

/// The bytes that browsers count: name and value.
pub const fn size_of(token_bytes: usize) -> usize {
    NAME.len() + token_bytes
}

/// How many bytes a claim must be padded with, so that name and value come to `wanted` bytes or one less: three bytes
/// of payload are four of token. `bare` is the token's size without padding.
pub const fn padding(bare: usize, wanted: usize) -> usize {
    wanted.saturating_sub(size_of(bare)) * 3 / 4
}

/// The size that was asked for.
pub fn size(text: &str) -> Option<usize> {
    text.trim().parse().ok().filter(|size| (SMALLEST..=LARGEST).contains(size))
}

/// The size after this one.
pub const fn next(size: usize) -> usize {
    if size + STEP > LARGEST { LARGEST } else { size + STEP }
}

/// The remark on the size that the visitor found.
pub fn judge(typed: &str) -> Remark {
    let first_dropped = KEPT / STEP * STEP + STEP;
    let largest_kept = first_dropped - STEP;
    // The size that the page counts may be a few bytes below the one asked for.
    match typed.trim().trim_end_matches("bytes").trim_end().parse::<usize>() {
        Err(_) => Remark::miss("A number of bytes is asked, such as `2500`."),
        Ok(size) if size > KEPT && size < first_dropped => {
            Remark::miss("That one is dropped already: name and value come to more than 4096 bytes.")
        }
        Ok(size) if size == first_dropped => {
            Remark::miss("That is the first that is dropped. The one before it survives.")
        }
        Ok(size) if size > first_dropped => Remark::miss("So much is dropped. Watch which cookie came back."),
        Ok(size) if size > largest_kept => {
            Remark::right("Right, and finer than asked: the limit itself is 4096 bytes.")
        }
        Ok(size) if size + 4 >= largest_kept => Remark::right("Right: 4000 bytes survive, and 4500 do not."),
        Ok(_) => Remark::miss("So much survives, and there is a larger one that does."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_step_that_survives_is_right_and_so_is_the_limit() {
        for right in ["4000", " 4000 bytes", "3999", "4096", "4090"] {
            assert!(judge(right).is_right, "{right}");
        }
        for (wrong, named) in [
            ("4500", "first that is dropped"),
            ("4097", "dropped already"),
            ("3500", "a larger one"),
            ("6000", "So much is dropped"),
            ("four", "A number"),
            ("-1", "A number"),
        ] {
            let remark = judge(wrong);
            assert!(!remark.is_right && remark.says.contains(named), "{wrong}: {}", remark.says);
        }
    }

    #[test]
    fn padding_brings_a_token_to_the_size_asked_for_or_one_byte_less() {
        for payload in 60..64_usize {
            let encoded = |bytes: usize| (bytes * 4).div_ceil(3);
            let rest = 36 + 43 + 2;
            for wanted in SMALLEST..=LARGEST {
                let bare = rest + encoded(payload);
                let padded = size_of(rest + encoded(payload + padding(bare, wanted)));
                assert!((wanted - 1..=wanted).contains(&padded), "{wanted} became {padded}");
            }
        }
    }

    #[test]
    fn a_size_stays_within_its_bounds() {
        assert_eq!((size("1000"), size("6000")), (Some(1000), Some(6000)));
        assert!(["999", "6001", "", "1e3", "99999999999999999999999"].iter().all(|text| size(text).is_none()));
        assert_eq!((next(1000), next(5700), next(6000)), (1500, 6000, 6000));
    }
}
