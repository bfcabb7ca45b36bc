//! Cross-site forms: this server attacks itself under a second name. Each cookie's `SameSite` decides whether it is
//! sent.
//!
//! What came with each form is recorded in a cookie that the server seals, so that a visitor's report is compared with
//! what this very browser did.

use super::press::PressResult;
use super::remark::{Remark, are_all_right};

pub const STRICT: &str = "lab-strict";
pub const LAX: &str = "lab-lax";
pub const NONE: &str = "lab-none";
pub const COOKIES: [&str; 3] = [STRICT, LAX, NONE];

const REST: &str = "HttpOnly; Path=/lab/lessons/cross-site-forms; Max-Age=3600";

/// The lines that set the cookies. Browsers accept `SameSite=None` only with `Secure`, which they accept from this
/// machine's own address over plain http too.
pub fn lines() -> [String; 3] {
    [
        format!("{STRICT}=1; SameSite=Strict; {REST}"),
        format!("{LAX}=1; SameSite=Lax; {REST}"),
        format!("{NONE}=1; SameSite=None; Secure; {REST}"),
    ]
}

/// A form of the attacker's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttackForm {
    Get,
    /// To an address that checks where a form comes from.
    Defended,
    /// To an address that does not.
    Undefended,
}

impl AttackForm {
    pub const ALL: [Self; 3] = [Self::Get, Self::Defended, Self::Undefended];

    /// What an address calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Defended => "defended",
            Self::Undefended => "undefended",
        }
    }

    /// The name of its button.
    pub const fn button(self) -> &'static str {
        match self {
            Self::Get => "Send by GET",
            Self::Defended => "Send by POST, defence on",
            Self::Undefended => "Send by POST, defence off",
        }
    }

    /// The status of the portal's answer to a form of another site.
    pub const fn status(self) -> u16 {
        match self {
            Self::Get | Self::Undefended => 200,
            Self::Defended => 403,
        }
    }

    /// The cookie that records what came with it.
    pub const fn record(self) -> &'static str {
        match self {
            Self::Get => "lab-came-get",
            Self::Defended => "lab-came-defended",
            Self::Undefended => "lab-came-undefended",
        }
    }

    /// The line that records, in a sealed text, which cookies came with it.
    pub fn record_line(self, sealed: &str) -> String {
        format!("{}={sealed}; SameSite=Lax; {REST}", self.record())
    }
}

/// How long a record counts, in seconds.
const LIFE: i64 = 3600;

/// The record of a form: the moment in seconds since 1970, and the cookies that came.
pub fn record_text(came: &[&str], now: i64) -> String {
    [&[now.to_string().as_str()], came].concat().join(".")
}

/// The cookies in such a text, unless it is too old.
pub fn read_record(text: &str, now: i64) -> Option<Vec<&'static str>> {
    let mut parts = text.split('.');
    let moment: i64 = parts.next()?.parse().ok()?;
    let came: Vec<&str> = parts.collect();
    let is_fresh = (0..=LIFE).contains(&now.saturating_sub(moment));
    is_fresh.then(|| COOKIES.into_iter().filter(|name| came.contains(name)).collect())
}

/// What refused a form, as a visitor reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refuser {
    Browser,
    Cookie,
    Server,
    Nobody,
}

impl Refuser {
    pub const ALL: [Self; 4] = [Self::Browser, Self::Cookie, Self::Server, Self::Nobody];

    pub const fn value(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Cookie => "cookie",
            Self::Server => "server",
            Self::Nobody => "nobody",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Browser => "the browser, because another site’s form may not leave the page",
            Self::Cookie => "the server, because a cookie was missing",
            Self::Server => "the server, because the form came from another site",
            Self::Nobody => "nobody: all three were answered",
        }
    }

    pub fn find(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.value() == value)
    }
}

/// What came with the forms: as the server recorded it, or as a visitor reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Came {
    pub get: Vec<&'static str>,
    pub post: Vec<&'static str>,
}

/// One remark on each part of a report: the GET form, the POST forms, and what refused one.
pub fn judge(reported: &Came, recorded: &Came, refuser: Option<Refuser>) -> [Remark; 3] {
    [
        judge_form("GET", &reported.get, &recorded.get),
        judge_form("POST", &reported.post, &recorded.post),
        judge_refuser(refuser),
    ]
}

/// A mistake is named by one cookie, so that the rest is left to find.
fn judge_form(form: &str, reported: &[&str], recorded: &[&str]) -> Remark {
    let wrong = COOKIES.iter().find(|name| reported.contains(name) != recorded.contains(name));
    match wrong {
        None => Remark::right(format!("{form}: {}", received_cookies(recorded))),
        Some(_) if reported.is_empty() => {
            Remark::miss(format!("{form}: you ticked nothing, but the table says that something came."))
        }
        Some(name) if reported.contains(name) => {
            Remark::miss(format!("{form}: your browser did not send `{name}`. {}", rule(name)))
        }
        Some(name) => Remark::miss(format!(
            "{form}: a cookie is missing in your report. Look at the row of this form in the table. {}",
            rule(name)
        )),
    }
}

fn received_cookies(recorded: &[&str]) -> String {
    let names: Vec<String> = recorded.iter().map(|name| format!("`{name}`")).collect();
    match &names[..] {
        [] => "no cookie came.".to_owned(),
        [one] => format!("only {one} came."),
        [first @ .., last] => format!("{} and {last} came.", first.join(", ")),
    }
}

fn rule(cookie: &str) -> &'static str {
    match cookie {
        STRICT => "`Strict` is not sent when another site started the request.",
        LAX => "For `Lax` it matters whether the form is a GET or a POST.",
        _ => "`None` is sent with every request, if the browser kept that cookie at all.",
    }
}

fn judge_refuser(refuser: Option<Refuser>) -> Remark {
    match refuser {
        Some(Refuser::Server) => {
            Remark::right("Refused: the server read where the form came from, and did not look at the cookies.")
        }
        Some(Refuser::Browser) => Remark::miss(
            "Refused: the browser sent every form. Each of them ended on a page of the portal, which answered it.",
        ),
        Some(Refuser::Cookie) => Remark::miss(
            "Refused: compare the two POST forms. The same cookies came with both, and only one was refused.",
        ),
        Some(Refuser::Nobody) => Remark::miss("Refused: in the table, one of the three forms has the status 403."),
        None => Remark::miss("Refused: say what refused a form."),
    }
}

/// The first line of the verdict: how many parts are done, and the first that is not.
pub fn press(remarks: &[Remark; 3]) -> PressResult {
    let right = remarks.iter().filter(|remark| remark.is_right).count();
    let wrong = remarks.iter().find(|remark| !remark.is_right);
    match wrong {
        None if are_all_right(remarks) => PressResult::Solved(
            "3 of 3 parts done. Your report says what your browser and the portal really did.".to_owned(),
        ),
        _ => {
            let says = wrong.map(|remark| remark.says.as_str()).unwrap_or_default();
            PressResult::Wrong(format!("{right} of 3 parts done. {says}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(get: &[&'static str], post: &[&'static str]) -> Came {
        Came { get: get.to_vec(), post: post.to_vec() }
    }

    #[test]
    fn a_report_is_right_when_it_says_what_this_browser_did() {
        for recorded in [came(&[LAX, NONE], &[NONE]), came(&[LAX], &[]), came(&COOKIES, &COOKIES), came(&[], &[])] {
            let remarks = judge(&recorded, &recorded, Some(Refuser::Server));
            assert!(press(&remarks).is_solved(), "{recorded:?}");
        }
        let usual = came(&[LAX, NONE], &[NONE]);
        for (get, post, refuser, right) in [
            (&[LAX][..], &[NONE][..], Some(Refuser::Server), 2),
            (&[LAX, NONE], &[LAX, NONE], Some(Refuser::Server), 2),
            (&[STRICT, LAX, NONE], &[NONE], Some(Refuser::Server), 2),
            (&[NONE], &[], Some(Refuser::Server), 1),
            (&[LAX, NONE], &[NONE], Some(Refuser::Cookie), 2),
            (&[LAX, NONE], &[NONE], Some(Refuser::Browser), 2),
            (&[LAX, NONE], &[NONE], Some(Refuser::Nobody), 2),
            (&[LAX, NONE], &[NONE], None, 2),
            (&[], &[LAX], None, 0),
        ] {
            let press = press(&judge(&came(get, post), &usual, refuser));
            assert!(press.says().starts_with(&format!("{right} of 3 parts done.")), "{press:?}");
            assert!(press.is_wrong(), "{get:?} {post:?} {refuser:?}");
        }
    }

    #[test]
    fn a_textbook_answer_is_wrong_if_this_browser_behaved_differently() {
        let without_none = came(&[LAX], &[]);
        let remarks = judge(&came(&[LAX, NONE], &[NONE]), &without_none, Some(Refuser::Server));
        assert!(remarks[0].says.contains("did not send `lab-none`") && remarks[1].says.contains("`lab-none`"));
        assert!(press(&remarks).is_wrong());
    }

    #[test]
    fn a_report_without_a_tick_is_told_so() {
        let usual = came(&[LAX, NONE], &[NONE]);
        let press = press(&judge(&came(&[], &[NONE]), &usual, Some(Refuser::Server)));
        assert_eq!(press.says(), "2 of 3 parts done. GET: you ticked nothing, but the table says that something came.");
    }

    #[test]
    fn a_record_is_read_back() {
        for all in [&[][..], &[LAX], &[LAX, NONE], &COOKIES] {
            let record = record_text(all, 7);
            assert_eq!(read_record(&record, 7).unwrap(), all);
            assert!(
                AttackForm::Get.record_line(&record).starts_with(&format!("lab-came-get={record}; SameSite=Lax; "))
            );
        }
        assert_eq!(record_text(&[LAX, NONE], 7), "7.lab-lax.lab-none");
        assert_eq!(read_record("7.lab-strictly.lab", 7), Some(Vec::new()));
    }

    #[test]
    fn a_record_counts_for_an_hour() {
        for (now, counts) in [(6, false), (7, true), (3607, true), (3608, false)] {
            assert_eq!(read_record("7.lab-lax", now).is_some(), counts, "{now}");
        }
        for broken in ["", "lab-lax", "x.lab-lax"] {
            assert_eq!(read_record(broken, 7), None, "{broken}");
        }
    }
}
