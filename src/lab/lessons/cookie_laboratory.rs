//! The cookie laboratory: choose a cookie's attributes, and see by which rules a browser keeps it or drops it.
//!
//! The form's choices are in `cookie`, and the browsers' rules in `rules`. Here are the parts of the lesson and what is
//! said of a prediction.

mod cookie;
mod rules;

use super::hints::Open;
use super::press::PressResult;
pub use cookie::{Choice, CookieSettings, MAX_AGES, PAGE, PATHS, PREFIXES, SAME_SITES, deletion_lines};
pub use rules::{CookieOutcome, Rule, RulesOutcome, Transport, rules, rules_outcome};

/// Which parts of the lesson are done: an outcome that was predicted correctly is a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub comes: bool,
    pub refused: bool,
    /// Accepted, and still not sent to this page.
    pub accepted: bool,
}

impl Parts {
    pub const COUNT: usize = 3;

    /// Reads what [`to_text`](Self::to_text) wrote into a session. Unknown names are ignored.
    pub fn parse(text: &str) -> Self {
        let has = |part: &str| text.split('.').any(|found| found == part);
        Self { comes: has("comes"), refused: has("refused"), accepted: has("accepted") }
    }

    /// The names of the parts that are done, with dots between them.
    pub fn to_text(self) -> String {
        let all = [(self.comes, "comes"), (self.refused, "refused"), (self.accepted, "accepted")];
        let done = all.into_iter().filter(|(is_done, _)| *is_done).map(|(_, name)| name);
        done.collect::<Vec<_>>().join(".")
    }

    pub fn open(self) -> Open {
        Open::first(&[(self.comes, "comes"), (self.refused, "refused"), (self.accepted, "accepted")])
    }

    /// How many parts are done.
    pub fn done_count(self) -> usize {
        [self.comes, self.refused, self.accepted].into_iter().filter(|is_done| *is_done).count()
    }

    /// Adds the part of an outcome that was predicted correctly.
    #[must_use]
    pub const fn with(self, outcome: CookieOutcome) -> Self {
        match outcome {
            CookieOutcome::ComesBack => Self { comes: true, ..self },
            CookieOutcome::Refused => Self { refused: true, ..self },
            CookieOutcome::Deleted | CookieOutcome::KeptForOtherPath => Self { accepted: true, ..self },
        }
    }

    /// Each part, and whether it is done.
    pub const fn all(self) -> [(bool, &'static str); Self::COUNT] {
        [
            (self.comes, "one that comes back"),
            (self.refused, "one that the browser refuses"),
            (self.accepted, "one that the browser accepts, and that still does not come back to this page"),
        ]
    }

    /// What to do next.
    const fn next(self) -> &'static str {
        match self {
            Self { comes: false, .. } => "Now make a cookie that comes back.",
            Self { refused: false, .. } => "Now make a cookie that the browser refuses.",
            _ => "Now make a cookie that the browser accepts, and that still does not come back to this page.",
        }
    }
}

/// What is said where nothing was predicted.
pub const NOT_PREDICTED: &str = "Nothing is predicted yet, so no cookie was set. Choose in step 2 what becomes of it.";

/// Judges a prediction, and adds its part to those that were done before. `predicted` is `None` if nothing was
/// predicted.
pub fn judge(
    predicted: Option<CookieOutcome>,
    came_back: bool,
    by_the_rules: RulesOutcome,
    parts: Parts,
) -> (Parts, PressResult) {
    let Some(predicted) = predicted else {
        return (parts, PressResult::Missing(NOT_PREDICTED.to_owned()));
    };
    if !came_back && by_the_rules.is_uncertain() {
        let says = "Browsers differ here, and this page cannot see which happened: the cookie was refused, or it was kept and \
                    not sent. Leave out `Secure`, or choose a prefix, so that one answer is certain.";
        return (parts, PressResult::Wrong(says.to_owned()));
    }
    if !by_the_rules.allows(predicted, came_back) {
        return (parts, PressResult::Wrong(hint(predicted, came_back, by_the_rules).to_owned()));
    }
    let (before, parts) = (parts, parts.with(predicted));
    let next = match parts.done_count() {
        Parts::COUNT => String::new(),
        _ => format!(" {}", parts.next()),
    };
    let says = format!(
        "Predicted correctly: {}. {} of {} parts done.{next}",
        predicted.label(),
        parts.done_count(),
        Parts::COUNT
    );
    let press = match parts.done_count() {
        Parts::COUNT => PressResult::Solved(says),
        _ if parts == before => PressResult::Note(format!("You have made such a cookie already. {says}")),
        _ => PressResult::Step(says),
    };
    (parts, press)
}

/// A hint about a wrong prediction.
const fn hint(predicted: CookieOutcome, came_back: bool, by_the_rules: RulesOutcome) -> &'static str {
    match (predicted, came_back, by_the_rules.outcome) {
        (_, true, _) => "It came back. So no rule refused it, and its path and its time are right.",
        (_, false, CookieOutcome::ComesBack) => {
            "It did not come back, and the rules do not say why. Did your browser lose it in another way? Set it again."
        }
        (CookieOutcome::ComesBack, false, _) => "It did not come back. One of the rules below decided that.",
        (CookieOutcome::Refused, false, _) => {
            "It did not come back, but no rule refuses it. The browser accepted it first."
        }
        (CookieOutcome::Deleted | CookieOutcome::KeptForOtherPath, false, CookieOutcome::Refused) => {
            "It did not come back, but not for this reason. The browser did not even accept it."
        }
        (CookieOutcome::Deleted, false, _) => "It did not come back, but it was not deleted. Its time is not over.",
        (CookieOutcome::KeptForOtherPath, false, _) => {
            "It did not come back, but not for this reason. Look at how long it may live."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_three_fates_each_predicted() {
        let plain = |outcome| RulesOutcome { outcome, may_be_refused: false };
        let (first, press) =
            judge(Some(CookieOutcome::ComesBack), true, plain(CookieOutcome::ComesBack), Parts::default());
        assert!(press.says().contains("1 of 3 parts done") && !press.is_wrong() && !press.is_solved());
        let (same, press) = judge(Some(CookieOutcome::ComesBack), false, plain(CookieOutcome::Refused), first);
        assert!(press.is_wrong() && same == first);
        let (second, press) =
            judge(Some(CookieOutcome::Refused), false, plain(CookieOutcome::Refused), Parts::parse(&first.to_text()));
        assert!(press.says().contains("2 of 3 parts done"));
        for last in [CookieOutcome::Deleted, CookieOutcome::KeptForOtherPath] {
            let (third, press) = judge(Some(last), false, plain(last), Parts::parse(&second.to_text()));
            assert!(press.is_solved() && press.says().ends_with("3 of 3 parts done.") && third.done_count() == 3);
            assert_eq!(Parts::parse(&third.to_text()), third);
        }
        assert!(judge(None, false, plain(CookieOutcome::Refused), second).1.is_wrong());
    }

    #[test]
    fn no_prediction_counts_where_browsers_differ_and_the_page_cannot_see_it() {
        let by_the_rules = RulesOutcome { outcome: CookieOutcome::KeptForOtherPath, may_be_refused: true };
        for predicted in [CookieOutcome::Refused, CookieOutcome::KeptForOtherPath] {
            let (parts, press) = judge(Some(predicted), false, by_the_rules, Parts::default());
            assert!(press.is_wrong() && press.says().contains("Browsers differ here"), "{press:?}");
            assert_eq!(parts, Parts::default());
        }
        let refused = RulesOutcome { outcome: CookieOutcome::ComesBack, may_be_refused: true };
        assert_eq!(judge(Some(CookieOutcome::Refused), false, refused, Parts::default()).0.done_count(), 1);
    }

    #[test]
    fn a_prediction_counts_only_for_its_own_reason() {
        for may_be_refused in [false, true] {
            for outcome in CookieOutcome::ALL {
                let by_the_rules = RulesOutcome { outcome, may_be_refused };
                for expected in CookieOutcome::ALL {
                    let came = by_the_rules.allows(expected, true);
                    assert_eq!(came, expected == CookieOutcome::ComesBack);
                    let stayed = by_the_rules.allows(expected, false);
                    let is_reason = expected == outcome || (expected == CookieOutcome::Refused && may_be_refused);
                    assert_eq!(
                        stayed,
                        expected != CookieOutcome::ComesBack && is_reason,
                        "{expected:?} of {by_the_rules:?}"
                    );
                    for came in [true, false] {
                        let (parts, press) = judge(Some(expected), came, by_the_rules, Parts::default());
                        assert_eq!(
                            parts == Parts::default(),
                            press.is_wrong(),
                            "{expected:?}, {came}, {by_the_rules:?}"
                        );
                    }
                }
            }
        }
        let comes = RulesOutcome { outcome: CookieOutcome::ComesBack, may_be_refused: false };
        assert!(comes.is_contradicted(false) && !comes.is_contradicted(true));
    }
}
