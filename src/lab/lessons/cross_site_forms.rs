//! Cross-site forms: this server attacks itself under a second name. Each cookie's `SameSite` decides whether it is
//! sent.

use super::Choice;
use super::remark::Remark;

pub const STRICT: &str = "lab-strict";
pub const LAX: &str = "lab-lax";
pub const NONE: &str = "lab-none";
pub const COOKIES: [&str; 3] = [STRICT, LAX, NONE];

/// The lines that set them. The first carries what was predicted, because its visitor goes to another site and comes
/// back. Browsers accept `SameSite=None` only with `Secure`, which they accept from this machine's own address over
/// plain http too.
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
