//! Naive sites: their verifier is right, but they take a token from the wrong place or the wrong page.

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
    name: "Checks a token only if there is one",
    judge: |request| match cookies(request).as_slice() {
        [] | ["{name}="] => Ok("There is no token, so no check fails, and the request is served.".to_owned()),
        _ => Err("There is a token, so it is checked.".to_owned()),
    },
};

pub static SITE_THAT_READS_A_TOKEN_ANYWHERE: NaiveSite = NaiveSite {
    name: "Takes a token from anywhere",
    judge: |request| {
        let in_header = request.headers.iter().find(|(_, value)| value.contains("{token}")).map(|(name, _)| *name);
        let place = in_header.or_else(|| request.path.contains("{token}").then_some("the query"));
        match place {
            Some(place) => Ok(format!("It finds the valid token in {place} and accepts it there.")),
            None => Err("There is no token anywhere.".to_owned()),
        }
    },
};

pub static SITE_THAT_READS_THE_FIRST_COOKIE: NaiveSite = NaiveSite {
    name: "Takes the first of two cookies",
    judge: |request| match cookies(request).as_slice() {
        [first, _, ..] if first.contains("planted") => {
            Ok("It takes the first, which another host set. Bob now works in Mallory's session.".to_owned())
        }
        [_, _, ..] => Ok("It takes the first, and does not ask where the second comes from.".to_owned()),
        _ => Err("There are not two cookies.".to_owned()),
    },
};

pub static SITE_WITHOUT_A_CHECK_OF_ORIGINS: NaiveSite = NaiveSite {
    name: "Trusts every form with a cookie",
    judge: |request| match cookies(request).as_slice() {
        [] => Err("The form comes without a cookie.".to_owned()),
        _ => Ok("The cookie is valid, so it does what the form says, whichever page sent it.".to_owned()),
    },
};
