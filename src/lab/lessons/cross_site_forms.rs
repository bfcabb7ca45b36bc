//! Cross-site forms: this server attacks itself under a second name. Each cookie's `SameSite` decides whether it is sent.

use super::remark::Remark;
use super::{Choice, Lesson, Question};

pub static LESSON: Lesson = Lesson {
    slug: "cross-site-forms",
    key: "cf",
    title: "Cross-site forms",
    goal: "Send a form from another site to this one, and say which cookies came along and what refuses it.",
    minutes: 10,
    question: Question {
        asks: "Another site's POST form is aimed at this one. Which cookies does the browser send with it?",
        choices: &[
            Choice {
                value: "none-only",
                says: "Those with `SameSite=None`",
                is_right: true,
                reply: "That is what such a cookie asks for.",
            },
            Choice {
                value: "all",
                says: "All that this site has set",
                is_right: false,
                reply: "So it was, before there was `SameSite`. `Strict` and `Lax` stay at home now.",
            },
            Choice {
                value: "lax",
                says: "Those with `Lax` or `None`",
                is_right: false,
                reply: "That is so for a GET form. `Lax` stays at home for a POST.",
            },
            Choice {
                value: "nothing",
                says: "None at all",
                is_right: false,
                reply: "A cookie with `SameSite=None` goes everywhere, if it has `Secure`.",
            },
        ],
    },
    hints: &[
        "Each of the attacker's forms ends on a page that lists the lesson's cookies that came with it.",
        "`Strict` comes with nothing that another site began. `Lax` comes with what can be seen in the address bar and \
         changes nothing: a link, a GET form. `None` comes with everything.",
    ],
    solution: "Press *Set the three cookies*, follow the link to the attacker's page and send its three forms. Then report: \
               with GET came `lab-lax` and `lab-none`; with POST came `lab-none`. Where step 1 says that your browser \
               dropped `lab-none`, leave that one out. Press *Check it*.",
    why: &[
        "`SameSite` is about who began the request. `127.0.0.1` and `localhost` are two sites, although one server answers \
         to both; two ports of one host are the same site, so `SameSite` separates no two programs on one machine.",
        "A cookie without any `SameSite` is a fourth case, and browsers differ in it. Chromium takes it for `Lax`, and yet \
         lets it come with a foreign POST for the first two minutes of its life. So a server that wants `Lax` says `Lax`.",
        "A GET form from elsewhere still brings a `Lax` cookie. So nothing that a GET does may change anything: a *Get \
         token* that is a link can be pressed by any page on the web, which signs the visitor in without asking.",
        "The server needs no cookie to see through it. The browser itself says where a form comes from, in \
         `Sec-Fetch-Site` and `Origin`, which no page can set. The defence here reads these two, and refuses a POST \
         whether or not a cookie came along.",
    ],
    rfcs: &["RFC 6454 §7", "RFC 6265 §8.2"],
};

pub const STRICT: &str = "lab-strict";
pub const LAX: &str = "lab-lax";
pub const NONE: &str = "lab-none";
pub const COOKIES: [&str; 3] = [STRICT, LAX, NONE];

/// The lines that set them. The first carries what was predicted, for its visitor goes to another site and comes back. `SameSite=None` is taken only with `Secure`, which browsers take from this machine's own
/// address over plain http too.
pub fn lines(predicted: Option<&Choice>) -> [String; 3] {
    let predicted = predicted.map_or("1", |choice| choice.value);
    let rest = "HttpOnly; Path=/lab/lessons/cross-site-forms; Max-Age=3600";
    [
        format!("{STRICT}={predicted}; SameSite=Strict; {rest}"),
        format!("{LAX}=1; SameSite=Lax; {rest}"),
        format!("{NONE}=1; SameSite=None; Secure; {rest}"),
    ]
}

/// One remark on what is reported of the GET form, and one for the POST forms. `is_none_kept` says whether the
/// browser took the cookie with `SameSite=None` at all.
pub fn judge(get: &[&str], post: &[&str], is_none_kept: bool) -> Vec<Remark> {
    vec![judge_get(get, is_none_kept), judge_post(post, is_none_kept)]
}

fn judge_get(came: &[&str], is_none_kept: bool) -> Remark {
    let has = |name: &str| came.contains(&name);
    match (has(STRICT), has(LAX), has(NONE)) {
        (true, ..) => Remark::miss("GET: `lab-strict` came with it? `Strict` stays at home when another site began."),
        (_, false, _) => Remark::miss("GET: `lab-lax` is missing. `Lax` comes with a GET that leads to a page."),
        (.., none) if none == is_none_kept => Remark::right(if none {
            "GET: `Lax` and `None` came, `Strict` did not."
        } else {
            "GET: `Lax` came. Your browser had dropped `lab-none`, and `Strict` stayed at home."
        }),
        (.., true) => Remark::miss("GET: your browser has no `lab-none`, so it cannot have sent it."),
        (.., false) => {
            Remark::miss("GET: `lab-none` is missing. Your browser has it, and `None` comes with everything.")
        }
    }
}

fn judge_post(came: &[&str], is_none_kept: bool) -> Remark {
    let has = |name: &str| came.contains(&name);
    match (has(STRICT), has(LAX), has(NONE)) {
        (true, ..) => Remark::miss("POST: `lab-strict` came with it? `Strict` stays at home when another site began."),
        (_, true, _) => {
            Remark::miss("POST: `lab-lax` came with it? That is so for GET. `Lax` stays at home for a POST.")
        }
        (.., none) if none == is_none_kept => Remark::right(if none {
            "POST: only `None` came."
        } else {
            "POST: none came. Your browser had dropped the only one that would have."
        }),
        (.., true) => Remark::miss("POST: your browser has no `lab-none`, so it cannot have sent it."),
        (.., false) => {
            Remark::miss("POST: `lab-none` is missing. Your browser has it, and `None` comes with everything.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::remark::are_all_right;
    use super::*;

    #[test]
    fn both_right_reports_solve_it_and_the_near_misses_do_not() {
        assert!(are_all_right(&judge(&[LAX, NONE], &[NONE], true)));
        assert!(are_all_right(&judge(&[LAX], &[], false)));
        for (get, post, kept) in [
            (&[LAX][..], &[NONE][..], true),
            (&[LAX, NONE], &[LAX, NONE], true),
            (&[STRICT, LAX, NONE], &[NONE], true),
            (&[NONE], &[NONE], true),
            (&[LAX, NONE], &[NONE], false),
            (&[LAX, NONE], &[], true),
        ] {
            assert!(!are_all_right(&judge(get, post, kept)), "{get:?} {post:?} {kept}");
        }
    }
}
