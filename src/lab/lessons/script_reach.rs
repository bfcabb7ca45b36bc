//! What a script can reach: an `HttpOnly` cookie, a plain cookie and localStorage.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use super::done_parts::{is_done, text_of};
use super::hints::Open;
use super::press::PressResult;
use super::remark::Remark;

pub const HTTP_ONLY: &str = "lab-httponly";
pub const PLAIN: &str = "lab-plain";
/// What the script itself writes into localStorage.
pub const STORAGE: &str = "lab-storage";

/// The lesson's cookies.
pub const COOKIES: [&str; 2] = [HTTP_ONLY, PLAIN];

/// Where a token can be stored, and what a script finds there.
pub struct Place {
    pub name: &'static str,
    pub is: &'static str,
    /// What happens when a script reads it, in words.
    pub read: &'static str,
    /// What the script's request carries.
    pub sent: &'static str,
}

pub static PLACES: [Place; 3] = [
    Place {
        name: HTTP_ONLY,
        is: "a cookie with HttpOnly",
        read: "A script would not find it.",
        sent: "A script’s request would carry it.",
    },
    Place {
        name: PLAIN,
        is: "a cookie without HttpOnly",
        read: "A script would read it.",
        sent: "A script’s request would carry it.",
    },
    Place {
        name: STORAGE,
        is: "an entry in localStorage",
        read: "A script would read it.",
        sent: "No request carries it by itself.",
    },
];

pub fn lines(value: &str) -> [String; 2] {
    [(HTTP_ONLY, true), (PLAIN, false)].map(|(name, http_only)| {
        let line = Cookie::build((name, value)).http_only(http_only).same_site(SameSite::Lax);
        line.path("/lab/lessons/script-reach").max_age(Duration::hours(1)).to_string()
    })
}

/// One remark on what was ticked as read, and one on what was ticked as arrived.
pub fn judge(read: &[&str], arrived: &[&str]) -> Vec<Remark> {
    vec![judge_read(read), judge_arrived(arrived)]
}

/// What the session keeps: that everything was set, and which columns were reported rightly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub is_set: bool,
    read: bool,
    arrived: bool,
}

impl Kept {
    /// Reads what [`Self::text`] writes.
    pub fn parse(text: &str) -> Self {
        let has = |word| is_done(text, word);
        Self { is_set: has("set"), read: has("read"), arrived: has("arrived") }
    }

    pub fn text(self) -> String {
        text_of(&[(self.is_set, "set"), (self.read, "read"), (self.arrived, "arrived")])
    }

    /// The same once everything is set.
    #[must_use]
    pub const fn set(self) -> Self {
        Self { is_set: true, ..self }
    }

    /// The same with what this report is worth.
    #[must_use]
    pub fn with(self, read: &[&str], arrived: &[&str]) -> Self {
        Self { read: judge_read(read).is_right, arrived: judge_arrived(arrived).is_right, ..self }
    }

    /// The boxes that were ticked rightly as read, and as arrived.
    pub fn ticked(self) -> [Vec<&'static str>; 2] {
        let boxes = |is_right: bool, right: [&'static str; 2]| if is_right { right.to_vec() } else { Vec::new() };
        [boxes(self.read, [PLAIN, STORAGE]), boxes(self.arrived, [HTTP_ONLY, PLAIN])]
    }
}

/// The column whose answer is missing or wrong. Where only localStorage is missing in the first one, `HttpOnly` is
/// understood already.
pub fn open(read: &[&str], arrived: &[&str]) -> Open {
    let is_first_right = judge_read(read).is_right;
    if read == [PLAIN] {
        return Open::Part("storage");
    }
    Open::first(&[(is_first_right, "read"), (judge_arrived(arrived).is_right, "arrived")])
}

/// The verdict on these remarks: how many parts are done, and a hint about the first that is not.
pub fn verdict(remarks: &[Remark]) -> PressResult {
    let done = remarks.iter().filter(|remark| remark.is_right).count();
    let counted = format!("{done} of {} parts done.", remarks.len());
    match remarks.iter().find(|remark| !remark.is_right) {
        Some(miss) => PressResult::Wrong(format!("{counted} {}", miss.says)),
        None => PressResult::Solved(format!(
            "{counted} A script cannot read the `HttpOnly` cookie. But the browser sends that cookie with the \
             script’s requests."
        )),
    }
}

fn judge_read(read: &[&str]) -> Remark {
    let has = |name: &str| read.contains(&name);
    match (has(HTTP_ONLY), has(PLAIN), has(STORAGE)) {
        (false, true, true) => {
            Remark::right("A script read the plain cookie and localStorage, but not the HttpOnly cookie.")
        }
        (false, false, false) => Remark::miss(
            "Read: you ticked nothing, but a script does find something. Look in the column *Read by the script*.",
        ),
        (true, ..) => Remark::miss("Read: `lab-httponly` is not in `document.cookie`. To send it is something else."),
        (_, false, _) => {
            Remark::miss("Read: one cookie is missing. Without `HttpOnly`, a cookie is in `document.cookie`.")
        }
        (.., false) => Remark::miss("Read: one place is missing. Which of the three is made for scripts?"),
    }
}

fn judge_arrived(arrived: &[&str]) -> Remark {
    let has = |name: &str| arrived.contains(&name);
    match (has(HTTP_ONLY), has(PLAIN), has(STORAGE)) {
        (true, true, false) => Remark::right("Both cookies arrived, also the one with HttpOnly."),
        (.., true) => {
            Remark::miss("Arrived: localStorage is not a cookie. No request carries it, unless a script adds it.")
        }
        (false, false, _) => Remark::miss(
            "Arrived: you ticked nothing, but something came. Look in the column *Sent with the script’s own request*.",
        ),
        (false, true, _) => Remark::miss("Arrived: one is missing. `HttpOnly` is about reading, not about sending."),
        (true, false, _) => Remark::miss("Arrived: one is missing. A cookie needs no `HttpOnly` to be sent."),
    }
}

#[cfg(test)]
mod tests {
    use super::super::remark::are_all_right;
    use super::*;

    #[test]
    fn only_the_two_right_sets_solve_it() {
        assert!(are_all_right(&judge(&[PLAIN, STORAGE], &[HTTP_ONLY, PLAIN])));
        for (read, arrived) in [
            (&[HTTP_ONLY, PLAIN, STORAGE][..], &[HTTP_ONLY, PLAIN][..]),
            (&[PLAIN, STORAGE], &[PLAIN]),
            (&[PLAIN, STORAGE], &[HTTP_ONLY, PLAIN, STORAGE]),
            (&[STORAGE], &[HTTP_ONLY, PLAIN]),
            (&[PLAIN], &[HTTP_ONLY]),
            (&[], &[]),
        ] {
            assert!(!are_all_right(&judge(read, arrived)), "{read:?} {arrived:?}");
            assert!(verdict(&judge(read, arrived)).is_wrong(), "{read:?} {arrived:?}");
        }
        assert!(verdict(&judge(&[PLAIN, STORAGE], &[HTTP_ONLY, PLAIN])).is_solved());
    }

    #[test]
    fn where_only_local_storage_is_missing_the_hint_is_about_it() {
        assert_eq!(open(&[PLAIN], &[]), Open::Part("storage"));
        assert_eq!(open(&[], &[]), Open::Part("read"));
        assert_eq!(open(&[HTTP_ONLY, PLAIN], &[]), Open::Part("read"));
        assert_eq!(open(&[PLAIN, STORAGE], &[]), Open::Part("arrived"));
    }

    #[test]
    fn the_columns_that_were_reported_rightly_are_kept_and_read_back() {
        for text in ["", "set", "set read", "set arrived", "set read arrived"] {
            assert_eq!(Kept::parse(text).text(), text);
            let [read, arrived] = Kept::parse(text).ticked();
            assert_eq!(Kept::parse(text).with(&read, &arrived), Kept::parse(text));
        }
        assert_eq!(Kept::parse("burn"), Kept::default());
    }

    #[test]
    fn the_verdict_counts_the_parts_and_hints_at_this_answer_without_naming_what_is_missing() {
        for (read, arrived, said) in [
            (&[][..], &[][..], "0 of 2 parts done. Read: you ticked nothing"),
            (&[HTTP_ONLY, PLAIN, STORAGE], &[HTTP_ONLY, PLAIN], "1 of 2 parts done. Read: `lab-httponly` is not in"),
            (&[STORAGE], &[], "0 of 2 parts done. Read: one cookie is missing"),
            (&[PLAIN], &[], "0 of 2 parts done. Read: one place is missing"),
            (&[PLAIN, STORAGE], &[], "1 of 2 parts done. Arrived: you ticked nothing"),
            (&[PLAIN, STORAGE], &[PLAIN], "1 of 2 parts done. Arrived: one is missing. `HttpOnly` is about reading"),
            (&[PLAIN, STORAGE], &[HTTP_ONLY], "1 of 2 parts done. Arrived: one is missing. A cookie needs no"),
            (&[PLAIN, STORAGE], &[HTTP_ONLY, PLAIN, STORAGE], "1 of 2 parts done. Arrived: localStorage is not"),
        ] {
            let press = verdict(&judge(read, arrived));
            assert!(press.is_wrong() && press.says().starts_with(said), "{press:?}");
            assert!(!press.says().contains(PLAIN) && !press.says().contains(STORAGE), "{press:?}");
        }
    }
}
