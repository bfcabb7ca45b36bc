//! What `hallpass inspect` prints for people: what the token says, and then whether that can be believed.
//!
//! Every line is made [safe to print](escaped), so no text in a token can pass for a verdict. Colours are added after
//! that.

use std::io::{self, Write};
use std::path::Path;

use chrono::{DateTime, Utc};
use clap::builder::styling::Style;
use serde_json::{Map, Value};

use crate::cli::colour::Palette;
use crate::code::Code;
use crate::texts::printable::{escaped, json_escaped};
use crate::token::{Check, Finding, NumericDate, Outcome, Part, Preview, Verdict, duration_in_words};

/// The lines for people, on standard output.
pub(super) struct Text<'a> {
    pub out: &'a mut dyn Write,
    pub palette: Palette,
}

impl Text<'_> {
    /// Prints what was removed from the pasted text.
    pub fn note(&mut self, note: &str) -> io::Result<()> {
        self.say(&format!("note: {note}"))
    }

    /// Header and claims as the token has them; `trust` says how far to believe them.
    pub fn preview(&mut self, preview: &Preview, trust: &str, now: DateTime<Utc>) -> io::Result<()> {
        self.heading("header", trust)?;
        self.part(&preview.header, |_, _| None)?;
        self.heading("claims", trust)?;
        let now = NumericDate::from_moment(now);
        self.part(&preview.payload, |name, value| time(name, value, now))
    }

    /// The verdict, check by check. The verdict names the key's file as it is found from `parent`.
    pub fn verdict(&mut self, verdict: &Verdict, parent: &Path) -> io::Result<()> {
        let Palette { accepted, refused, quiet, .. } = self.palette;
        let (style, word) = if verdict.is_accepted() { (accepted, "accepted") } else { (refused, "refused") };
        self.styled(style, &format!("{word}: {}", verdict.message()), "")?;
        if let Some(key) = signing_key(verdict) {
            self.say(&format!("  verified with the key in {}", parent.join(key).display()))?;
        }
        for (check, outcome) in verdict.checks() {
            let (style, sign) = match outcome {
                Outcome::Passed(_) => (accepted, "✓"),
                Outcome::Failed(_) => (refused, "✗"),
                Outcome::NotReached => (quiet, "–"),
            };
            self.styled(style, &format!("  {sign}"), &format!(" {:<11} {outcome}", check.title()))?;
            if let Outcome::Failed(reason) = outcome {
                let indent = " ".repeat(15);
                self.say(&format!("{indent} expected: {}", reason.expected))?;
                self.say(&format!("{indent} found:    {}", reason.found))?;
                self.say(&format!("{indent} code:     {}, {}", reason.code, reason.rfc))?;
            }
        }
        self.unmade_checks(verdict.unmade_checks())?;
        self.end()
    }

    fn unmade_checks(&mut self, checks: &[Check]) -> io::Result<()> {
        if checks.is_empty() {
            return Ok(());
        }
        self.say(&format!("  not checked: {}; only a profile has rules for them", Check::listed(checks)))
    }

    /// Prints the result for a token that was decoded and not verified.
    pub fn decoded(&mut self, verdict: &Verdict) -> io::Result<()> {
        let line = match verdict.code() {
            Code::NotVerified => "decoded, not verified: anyone may have written this".to_owned(),
            _ => format!("not a whole token: {}", verdict.message()),
        };
        self.say(&line)?;
        self.end()
    }

    /// Prints an empty line after each token.
    pub fn end(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    fn part(&mut self, part: &Part, meaning: impl Fn(&str, &Value) -> Option<String>) -> io::Result<()> {
        match part {
            Part::Object(members) => self.members(members, meaning),
            Part::Text(text) => self.say(&format!("  not a JSON object that has each member once: {text}")),
            Part::Bytes(1) => self.say("  1 byte that is not text, as in an encrypted token"),
            Part::Bytes(count) => self.say(&format!("  {count} bytes that are not text, as in an encrypted token")),
            Part::Undecodable => self.say("  cannot be decoded: it is not base64url"),
            Part::Missing => self.say("  missing"),
        }
    }

    fn members(
        &mut self,
        members: &Map<String, Value>,
        meaning: impl Fn(&str, &Value) -> Option<String>,
    ) -> io::Result<()> {
        if members.is_empty() {
            return self.say("  none");
        }
        for (name, value) in members {
            let (quoted, written) = (Value::from(name.as_str()).to_string(), value.to_string());
            let meaning = meaning(name, value).map(|it| format!("   ({it})")).unwrap_or_default();
            self.say(&format!("  {}: {}{meaning}", json_escaped(&quoted), json_escaped(&written)))?;
        }
        Ok(())
    }

    fn heading(&mut self, heading: &str, trust: &str) -> io::Result<()> {
        self.styled(self.palette.heading, heading, &format!(" ({trust})"))
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{}", escaped(line))
    }

    /// A line whose beginning has a style.
    fn styled(&mut self, style: Style, beginning: &str, rest: &str) -> io::Result<()> {
        writeln!(self.out, "{style}{}{style:#}{}", escaped(beginning), escaped(rest))
    }
}

/// The file of the key that the signature was made with, even if a later check refused the token.
fn signing_key(verdict: &Verdict) -> Option<String> {
    verdict.checks().iter().find_map(|(_, outcome)| match outcome {
        Outcome::Passed(Finding::MadeWith(source)) => {
            let algorithm = verdict.header()?.get("alg")?.as_str()?;
            Some(format!("{source}, {algorithm}"))
        }
        _ => None,
    })
}

/// A claim that is a date, as people read it.
fn time(name: &str, value: &Value, now: NumericDate) -> Option<String> {
    let (before, after) = words_of_date(name)?;
    let Some(date) = NumericDate::from_claim(value) else {
        return Some("not a date: it must be a number of seconds".into());
    };
    if date.looks_like_milliseconds() {
        let seconds = NumericDate::from_claim(&(date.seconds() / 1e3).into())?;
        return Some(format!(
            "looks like milliseconds, but dates count seconds; as milliseconds it would be {seconds}"
        ));
    }
    let seconds_from_now = date.since(now);
    Some(if seconds_from_now > 0.0 {
        format!("{date}, {}", before.replace("{}", &duration_in_words(seconds_from_now)))
    } else {
        format!("{date}, {after} {}", ago(seconds_from_now))
    })
}

/// What is said of the date in this claim before it has come, with `{}` for the time until then, and after that.
fn words_of_date(claim: &str) -> Option<(&'static str, &'static str)> {
    Some(match claim {
        "exp" => ("expires in {}", "expired"),
        "nbf" => ("becomes valid in {}", "became valid"),
        "iat" => ("issued {} in the future", "issued"),
        _ => return None,
    })
}

fn ago(seconds_from_now: f64) -> String {
    if seconds_from_now > -1.0 { "just now".to_owned() } else { format!("{} ago", duration_in_words(seconds_from_now)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_told_with_its_distance_from_now() {
        let now = NumericDate::from_claim(&1_800_000_000.into()).unwrap();
        for (name, seconds, told) in [
            ("exp", 1_799_999_997, "2027-01-15 07:59:57 UTC, expired 3 s ago"),
            ("exp", 1_800_000_000, "2027-01-15 08:00:00 UTC, expired just now"),
            ("exp", 1_800_000_057, "2027-01-15 08:00:57 UTC, expires in 57 s"),
            ("nbf", 1_800_003_600, "2027-01-15 09:00:00 UTC, becomes valid in 1 h"),
            ("nbf", 1_799_996_400, "2027-01-15 07:00:00 UTC, became valid 1 h ago"),
            ("iat", 1_799_999_880, "2027-01-15 07:58:00 UTC, issued 2 min ago"),
            ("iat", 1_800_000_005, "2027-01-15 08:00:05 UTC, issued 5 s in the future"),
        ] {
            assert_eq!(time(name, &seconds.into(), now).unwrap(), told);
        }
        assert_eq!(time("sub", &1.into(), now), None);
        assert!(time("exp", &"1800000000".into(), now).unwrap().starts_with("not a date"));
        assert!(time("exp", &1_800_000_000_000_i64.into(), now).unwrap().ends_with("2027-01-15 08:00:00 UTC"));
    }
}
