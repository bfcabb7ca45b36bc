//! What a script can reach: an `HttpOnly` cookie, a plain cookie and localStorage.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};

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

fn judge_read(read: &[&str]) -> Remark {
    let has = |name: &str| read.contains(&name);
    match (has(HTTP_ONLY), has(PLAIN), has(STORAGE)) {
        (false, true, true) => Remark::right("Read: the plain cookie and localStorage, and not the HttpOnly one."),
        (true, ..) => {
            Remark::miss("Read: `lab-httponly` is in no `document.cookie`. That it is sent is another thing.")
        }
        (_, false, false) => Remark::miss("Read: a script does read something. Look at the table's first column."),
        (_, false, _) => {
            Remark::miss("Read: `lab-plain` is missing. Without `HttpOnly` a cookie is in `document.cookie`.")
        }
        (.., false) => Remark::miss("Read: `lab-storage` is missing. Every script of this origin reads localStorage."),
    }
}

fn judge_arrived(arrived: &[&str]) -> Remark {
    let has = |name: &str| arrived.contains(&name);
    match (has(HTTP_ONLY), has(PLAIN), has(STORAGE)) {
        (true, true, false) => Remark::right("Arrived: both cookies, the HttpOnly one too."),
        (.., true) => Remark::miss("Arrived: localStorage is no cookie. A request has it only where a script adds it."),
        (false, true, _) => Remark::miss(
            "Arrived: `lab-httponly` came as well. `HttpOnly` is about reading; the browser still sends it.",
        ),
        (false, false, _) => Remark::miss("Arrived: cookies came. Look at the table's second column."),
        (true, false, _) => Remark::miss("Arrived: `lab-plain` came as well."),
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
        }
    }
}
