//! The 4096-byte limit: what the visitor measured of their own browser, and what follows from it.
//!
//! The answer is judged by what the browser did, because browsers differ.

use std::fmt;

use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use super::hints::Open;
use super::press::PressResult;

pub const COOKIE_NAME: &str = "lab-size";
pub const SMALLEST: usize = 1000;
pub const LARGEST: usize = 6000;
/// The bytes of the attribute that the second part adds. Browsers ignore an attribute with a value of over 1024 bytes.
pub const ATTRIBUTE_BYTES: usize = 900;
/// How long the browser keeps the cookie.
pub const MINUTES: i64 = 5;
/// The limit is found when the largest size that was kept and the smallest that was dropped differ by this much. The
/// page says 100; a size may be a byte less than what was asked for.
const CLOSE_ENOUGH: usize = 101;

/// The value of the `Set-Cookie` header that sets the cookie.
pub fn set_cookie_line(token: &str, has_attribute: bool) -> String {
    let cookie = Cookie::build((COOKIE_NAME, token)).http_only(true).same_site(SameSite::Lax);
    let line = cookie.path("/lab/lessons/size-limit").max_age(Duration::minutes(MINUTES)).to_string();
    // An attribute of RFC 2109. Browsers ignore it, like every attribute that they do not know.
    if has_attribute { format!("{line}; Comment={}", "x".repeat(ATTRIBUTE_BYTES)) } else { line }
}

/// The bytes of the whole line around a cookie whose name and value have this size.
pub fn line_bytes(size: usize, has_attribute: bool) -> usize {
    set_cookie_line("", has_attribute).len() + size.saturating_sub(COOKIE_NAME.len())
}

/// The bytes that browsers count: name and value.
pub const fn size_of(token_bytes: usize) -> usize {
    COOKIE_NAME.len() + token_bytes
}

/// How many bytes a claim must be padded with, so that name and value come to `wanted` bytes or one less: three bytes
/// of payload are four of token. `bare` is the token's size without padding.
pub const fn padding(bare: usize, wanted: usize) -> usize {
    wanted.saturating_sub(size_of(bare)) * 3 / 4
}

/// The size in a form's field or in a stored text, in bytes. `None` if it is no number from [`SMALLEST`] to
/// [`LARGEST`].
pub fn parse_size(text: &str) -> Option<usize> {
    let digits = text.trim().trim_end_matches("bytes").trim_end();
    digits.parse().ok().filter(|size| (SMALLEST..=LARGEST).contains(size))
}

/// What the browser kept and dropped so far. The sizes are of name and value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    pub largest_kept: Option<usize>,
    pub smallest_dropped: Option<usize>,
    /// Whether a cookie was kept whose line was over the limit with its attributes alone.
    pub attributes_are_free: Option<bool>,
    /// Whether the question about the attributes is answered.
    pub is_answered: bool,
}

/// What became of one cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    pub size: usize,
    pub has_attribute: bool,
    pub was_kept: bool,
}

impl Measured {
    /// Reads what [`Self`] displays.
    pub fn parse(text: &str) -> Self {
        let mut words = text.split(' ');
        let mut size = || words.next().and_then(parse_size);
        let (largest_kept, smallest_dropped) = (size(), size());
        let attributes_are_free = match words.next() {
            Some("free") => Some(true),
            Some("counted") => Some(false),
            _ => None,
        };
        Self { largest_kept, smallest_dropped, attributes_are_free, is_answered: words.next() == Some("answered") }
    }

    /// Adds what became of a cookie. Where it contradicts an earlier one, as in another browser, the later one counts.
    pub fn add(&mut self, trial: Trial) {
        let Trial { size, has_attribute, was_kept } = trial;
        if was_kept {
            self.largest_kept = Some(self.largest_kept.map_or(size, |kept| kept.max(size)));
            self.smallest_dropped = self.smallest_dropped.filter(|dropped| *dropped > size);
        } else if !has_attribute {
            self.smallest_dropped = Some(self.smallest_dropped.map_or(size, |dropped| dropped.min(size)));
            self.largest_kept = self.largest_kept.filter(|kept| *kept < size);
        }
        if has_attribute && self.shows_whether_attributes_count(size) {
            self.attributes_are_free = Some(was_kept);
        }
    }

    /// Whether a line with the attribute shows if the attribute counts: name and value alone are kept, and with the
    /// attribute the whole line is as long as one that was dropped.
    fn shows_whether_attributes_count(&self, size: usize) -> bool {
        let is_long = |dropped| line_bytes(size, true) >= line_bytes(dropped, false);
        self.largest_kept.is_some_and(|kept| size <= kept) && self.smallest_dropped.is_some_and(is_long)
    }

    /// Whether the first part is done.
    pub fn is_limit_found(&self) -> bool {
        let near = |(kept, dropped): (usize, usize)| dropped.saturating_sub(kept) <= CLOSE_ENOUGH;
        self.largest_kept.zip(self.smallest_dropped).is_some_and(near)
    }

    pub fn open(&self) -> Open {
        let (has_kept, has_dropped) = (self.largest_kept.is_some(), self.smallest_dropped.is_some());
        Open::first(&[
            (has_kept || has_dropped, "ends"),
            (has_kept, "small"),
            (has_dropped, "large"),
            (self.is_limit_found(), "between"),
            (self.attributes_are_free.is_some(), "attributes"),
            (self.is_answered, "answer"),
        ])
    }

    /// The verdict about the cookie that was just sent, after it was added to what was measured `before`. The size that
    /// was `asked` for may be another one.
    pub fn report(&self, trial: Trial, before: Self, asked: usize) -> PressResult {
        let Trial { size, has_attribute, was_kept } = trial;
        let result = if was_kept { "Your browser kept" } else { "Your browser dropped" };
        let with = if has_attribute { format!(" with {ATTRIBUTE_BYTES} bytes of attributes") } else { String::new() };
        let other_size = if asked == size {
            String::new()
        } else {
            format!(" A token for exactly {asked} bytes was not possible, so {size} were sent.")
        };
        let says = format!("{result} a cookie of {size} bytes{with}.{other_size}");
        let knew = |next: String| PressResult::Note(format!("{says} You knew that already{next}"));
        if *self != before {
            return PressResult::Step(format!("{says} {}", self.next(trial)));
        }
        match self.attributes_are_free {
            _ if self.is_answered => knew(".".to_owned()),
            _ if !self.is_limit_found() && !has_attribute => knew(self.between()),
            None if has_attribute => PressResult::Note(format!("{says} {}", self.next(trial))),
            _ => knew(format!(". {}", self.next(Trial { has_attribute: false, ..trial }))),
        }
    }

    /// What is known of a limit that is not found yet, as the end of a sentence.
    fn between(&self) -> String {
        match (self.largest_kept, self.smallest_dropped) {
            (Some(kept), Some(dropped)) => {
                format!(": the limit is between {kept} and {dropped}. Try a size between the two.")
            }
            (Some(kept), None) => format!(": it kept {kept} bytes. Find a size that it drops."),
            (_, dropped) => {
                format!(": it dropped {} bytes. Find a size that it keeps.", dropped.unwrap_or(LARGEST))
            }
        }
    }

    fn next(&self, trial: Trial) -> String {
        let (kept, dropped) = (self.largest_kept.unwrap_or(SMALLEST), self.smallest_dropped.unwrap_or(LARGEST));
        if !self.is_limit_found() {
            return match (self.largest_kept, self.smallest_dropped) {
                (Some(_), Some(_)) => format!(
                    "So the limit is between {kept} and {dropped}. Try a size between the two, until they are at most \
                     100 apart."
                ),
                (Some(_), None) => "Now find a size that it drops.".to_owned(),
                _ => "Now find a size that it keeps.".to_owned(),
            };
        }
        match self.attributes_are_free {
            None if trial.has_attribute => format!(
                "That does not tell you whether the attributes count. Choose a size that your browser keeps without \
                 them, at most {kept}. With them, the whole line must have at least {} bytes, like the line that it \
                 dropped.",
                line_bytes(dropped, false)
            ),
            None => "1 of 2 parts done: you found the limit. Now find out whether the attributes count.".to_owned(),
            Some(_) if trial.has_attribute => {
                "Without the attributes, this size is kept. Together with them, the line is over the limit. So what \
                 does your browser count?"
                    .to_owned()
            }
            Some(_) => "Now answer the question about the attributes.".to_owned(),
        }
    }

    /// Judges the answer to whether the attributes count.
    pub fn answer(&mut self, they_count: Option<bool>) -> PressResult {
        let (Some(they_count), Some(are_free)) =
            (they_count, self.attributes_are_free.filter(|_| self.is_limit_found()))
        else {
            return PressResult::Missing(if self.attributes_are_free.is_some() && self.is_limit_found() {
                "Choose one of the two answers.".to_owned()
            } else {
                "Measure it first, and then choose one of the two answers.".to_owned()
            });
        };
        self.is_answered = they_count != are_free;
        match (they_count, are_free) {
            (false, true) => PressResult::Solved(
                "Your browser counts 4096 bytes of name and value, and the attributes come on top. What is over the \
                 limit is dropped, and nobody is told."
                    .to_owned(),
            ),
            (true, false) => PressResult::Solved(
                "Your browser counts the attributes too. Most browsers do not, so keep your cookies well below the \
                 limit."
                    .to_owned(),
            ),
            (true, true) => PressResult::Wrong(
                "If they counted, your browser would have dropped the line with the attributes. Look at what it did."
                    .to_owned(),
            ),
            (false, false) => PressResult::Wrong(
                "If they did not count, your browser would have kept the line with the attributes. Look at what it \
                 did."
                    .to_owned(),
            ),
        }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = |size: Option<usize>| size.map_or_else(|| "-".to_owned(), |size| size.to_string());
        let attributes = match self.attributes_are_free {
            None => "-",
            Some(true) => "free",
            Some(false) => "counted",
        };
        let answered = if self.is_answered { "answered" } else { "-" };
        write!(f, "{} {} {attributes} {answered}", size(self.largest_kept), size(self.smallest_dropped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a browser with this limit shows of these cookies. A size with `true` has the attribute too, which counts if
    /// `counts`.
    fn measured(limit: usize, counts: bool, sizes: &[(usize, bool)]) -> (Measured, Vec<String>) {
        let mut measured = Measured::default();
        let reports = sizes.iter().map(|(size, has_attribute)| {
            let counted = size + if *has_attribute && counts { ATTRIBUTE_BYTES } else { 0 };
            let trial = Trial { size: *size, has_attribute: *has_attribute, was_kept: counted <= limit };
            let before = measured;
            measured.add(trial);
            measured.report(trial, before, *size).says().to_owned()
        });
        let told = reports.collect();
        (measured, told)
    }

    #[test]
    fn the_limit_is_found_by_what_was_kept_and_dropped_around_it() {
        for (sizes, is_found) in [
            (&[4000, 4100][..], true),
            (&[4096, 4097], true),
            (&[4100, 4000], true),
            (&[4500, 2000, 3000, 4050, 4120], true),
            (&[4000, 4102], false),
            (&[4000], false),
            (&[4100], false),
            (&[], false),
        ] {
            let sizes: Vec<_> = sizes.iter().map(|size| (*size, false)).collect();
            assert_eq!(measured(4096, false, &sizes).0.is_limit_found(), is_found, "{sizes:?}");
        }
    }

    #[test]
    fn each_cookie_is_told_with_what_to_try_next() {
        let (_, told) = measured(4096, false, &[(1000, false), (5000, false), (4096, false), (4100, false)]);
        let named =
            ["find a size that it drops", "between 1000 and 5000", "between 4096 and 5000", "1 of 2 parts done"];
        for (told, named) in told.iter().zip(named) {
            assert!(told.contains(named), "{told}");
        }
        assert!(measured(4096, false, &[(5000, false)]).1[0].contains("find a size that it keeps"));
    }

    #[test]
    fn the_attributes_are_judged_by_what_the_browser_did() {
        for they_count in [false, true] {
            let (mut found, told) = measured(4096, they_count, &[(4000, false), (4100, false), (4000, true)]);
            assert!(told[2].contains("what does your browser count?"), "{}", told[2]);
            assert!(found.answer(Some(!they_count)).is_wrong() && !found.is_answered);
            assert!(found.answer(Some(they_count)).is_solved() && found.is_answered);
        }
    }

    #[test]
    fn a_line_that_shows_nothing_about_the_attributes_is_no_evidence() {
        for size in [1000, 3100, 4200] {
            let (mut found, told) = measured(4096, false, &[(4000, false), (4100, false), (size, true)]);
            assert_eq!(found.attributes_are_free.is_some(), size == 4000, "{size}");
            assert!(told[2].contains("does not tell you"), "{}", told[2]);
            assert!(found.answer(Some(false)).is_wrong());
        }
        let mut untried = Measured::default();
        assert!(untried.answer(Some(false)).is_wrong() && untried.answer(None).is_wrong());
    }

    #[test]
    fn the_line_with_attributes_is_compared_with_the_whole_line_that_was_dropped() {
        for (size, shows) in [(3189, false), (3190, true), (3200, true)] {
            let (found, told) = measured(4096, false, &[(4000, false), (4100, false), (size, true)]);
            assert_eq!(found.attributes_are_free, shows.then_some(true), "{size}");
            assert!(shows || told[2].contains("the whole line must have at least 4168 bytes"), "{}", told[2]);
        }
        assert_eq!((line_bytes(3200, true), line_bytes(4100, false)), (4178, 4168));
    }

    #[test]
    fn a_cookie_that_told_nothing_new_is_no_step() {
        let (mut found, _) = measured(4096, false, &[(4000, false), (4100, false)]);
        let trial = |size, has_attribute| Trial { size, has_attribute, was_kept: size <= 4096 };
        let again = found.report(trial(4100, false), found, 4100);
        assert!(matches!(&again, PressResult::Note(says) if says.contains("You knew that already. 1 of 2 parts done")));
        found.add(trial(4000, true));
        let again = found.report(trial(4000, true), found, 4000);
        assert!(
            matches!(&again, PressResult::Note(says) if says.ends_with("Now answer the question about the attributes."))
        );
        found.is_answered = true;
        let again = found.report(trial(4100, false), found, 4101);
        assert!(again.says().contains("A token for exactly 4101 bytes was not possible, so 4100 were sent."));
        assert!(again.says().ends_with("You knew that already."), "nothing is left: {again:?}");
    }

    #[test]
    fn who_measured_and_chose_no_answer_is_not_sent_to_measure_again() {
        let (mut found, _) = measured(4096, false, &[(4000, false), (4100, false), (4000, true)]);
        assert_eq!(found.answer(None), PressResult::Missing("Choose one of the two answers.".to_owned()));
        assert!(Measured::default().answer(None).says().starts_with("Measure it first"));
    }

    #[test]
    fn a_later_cookie_counts_more_than_one_that_it_contradicts() {
        let mut measured = Measured::default();
        let trial = |size, was_kept| Trial { size, has_attribute: false, was_kept };
        measured.add(trial(4000, false));
        measured.add(trial(4050, true));
        assert_eq!((measured.largest_kept, measured.smallest_dropped), (Some(4050), None));
        measured.add(trial(4050, false));
        assert_eq!((measured.largest_kept, measured.smallest_dropped), (None, Some(4050)));
    }

    #[test]
    fn what_the_session_keeps_is_read_back_and_the_rest_is_left_out() {
        for text in ["- - - -", "4000 - - -", "4000 4100 free -", "4096 4097 counted answered"] {
            assert_eq!(Measured::parse(text).to_string(), text);
        }
        assert_eq!(Measured::parse("x 9999999 burn"), Measured::default());
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
        assert_eq!(
            (parse_size("1000"), parse_size("6000"), parse_size(" 4000 bytes")),
            (Some(1000), Some(6000), Some(4000))
        );
        assert!(
            ["999", "6001", "", "1e3", "-4000", "99999999999999999999999"]
                .iter()
                .all(|text| parse_size(text).is_none())
        );
    }
}
