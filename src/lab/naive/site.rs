//! Naive sites: the verifier is right, and the way a token comes to it is not.

use super::Opinion;
use crate::lab::sent_request::SentRequest;

/// A site with one mistake in how it takes requests.
pub struct NaiveSite {
    pub name: &'static str,
    judge: fn(&SentRequest) -> Result<String, String>,
}

impl NaiveSite {
    pub fn opinion(&self, request: &SentRequest) -> Opinion {
        Opinion::new(self.name, (self.judge)(request))
    }
}

/// The pairs of the request's `Cookie` lines.
fn cookies(request: &SentRequest) -> Vec<&str> {
    let lines = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
    lines.flat_map(|(_, value)| value.split("; ")).collect()
}

pub static SITE_THAT_SKIPS_A_MISSING_TOKEN: NaiveSite = NaiveSite {
    name: "Checks a token if one comes",
    judge: |request| match cookies(request).as_slice() {
        [] | ["{name}="] => Ok("No token comes, so no check fails, and the handler behind it runs.".to_owned()),
        _ => Err("A token comes, so it is checked.".to_owned()),
    },
};

pub static SITE_THAT_READS_A_TOKEN_ANYWHERE: NaiveSite = NaiveSite {
    name: "Takes a token wherever it stands",
    judge: |request| {
        let in_header = request.headers.iter().find(|(_, value)| value.contains("{token}")).map(|(name, _)| *name);
        let place = in_header.or_else(|| request.path.contains("{token}").then_some("the query"));
        match place {
            Some(place) => Ok(format!("It finds the good token in {place} and takes it, as it would from any link.")),
            None => Err("There is no token anywhere.".to_owned()),
        }
    },
};

pub static SITE_THAT_READS_THE_FIRST_COOKIE: NaiveSite = NaiveSite {
    name: "Takes the first of two cookies",
    judge: |request| match cookies(request).as_slice() {
        [first, _, ..] if first.contains("planted") => {
            Ok("It takes the first, which another site set: the visitor now works in the attacker's session."
                .to_owned())
        }
        [_, _, ..] => Ok("It takes the first and does not wonder where the second comes from.".to_owned()),
        _ => Err("There are not two cookies.".to_owned()),
    },
};

pub static SITE_WITHOUT_A_CHECK_OF_ORIGINS: NaiveSite = NaiveSite {
    name: "Trusts any form that has the cookie",
    judge: |request| match cookies(request).as_slice() {
        [] => Err("The form comes without the cookie.".to_owned()),
        _ => Ok("The cookie is good, so it carries the form out, whoever's page sent it.".to_owned()),
    },
};
