//! The filters of the gallery. Each has a list of values, from which its control, its parameter in the API and its
//! meaning are made.

use super::Attack;
use crate::code::Code;

/// One filter: the name of its parameter, and its values.
pub struct Filter {
    pub name: &'static str,
    /// What it asks, for people.
    pub asks: &'static str,
    pub values: &'static [FilterValue],
}

/// One value of a filter, and the attacks that it shows.
pub struct FilterValue {
    /// What the address has for it.
    pub value: &'static str,
    pub says: &'static str,
    shows: Shows,
}

enum Shows {
    /// Attacks that get one of these codes.
    Codes(&'static [Code]),
    /// Attacks that change this.
    Changed,
    /// Attacks that the visitor tried, or did not try.
    Tried(bool),
}

/// By the check that stops an attack.
pub const CHECK: Filter = Filter {
    name: "check",
    asks: "Stopped by",
    values: &[
        stopped("form", "the form of the token", &[Code::Malformed]),
        stopped("size", "a limit of size", &[Code::TooLarge, Code::TokenTooLarge]),
        stopped("header", "the check of the header", &[Code::HeaderNotAllowed]),
        stopped("algorithm", "the check of the algorithm", &[Code::AlgNotAllowed]),
        stopped("key", "the choice of the key", &[Code::UnknownKid]),
        stopped("signature", "the check of the signature", &[Code::BadSignature]),
        stopped("claims", "the checks of the claims", &[Code::BadClaim]),
        stopped("time", "the clock", &[Code::NotYetValid, Code::Expired]),
        stopped("type", "the check of the type", &[Code::WrongType]),
        stopped("revocation", "the list of revoked tokens", &[Code::Revoked]),
        stopped("request", "the rules for requests", &[Code::NoToken, Code::DuplicateCookie, Code::CrossSite]),
        stopped("none", "no check: the token is valid", &[Code::Accepted]),
    ],
};

/// By what an attack changes. An attack may have several of these values.
pub const CHANGED: Filter = Filter {
    name: "changed",
    asks: "What is changed",
    values: &[
        changed("header", "the header"),
        changed("claim", "a claim"),
        changed("key", "the key that signs"),
        changed("signature", "the signature"),
        changed("text", "the form of the whole token"),
        changed("cookie", "the cookie or its request"),
        changed("nothing", "nothing: a genuine token"),
    ],
};

/// By whether the visitor tried an attack.
pub const TRIED: Filter = Filter {
    name: "tried",
    asks: "Tried",
    values: &[tried("yes", "tried", true), tried("no", "not tried yet", false)],
};

/// Every filter, in the order of the gallery's form.
pub static FILTERS: [Filter; 3] = [CHECK, CHANGED, TRIED];

impl Filter {
    /// What the address has for its values, as an array for constants. `N` is the number of values.
    pub const fn accepts<const N: usize>(&self) -> [&'static str; N] {
        let mut all = [""; N];
        let mut place = 0;
        while place < N {
            all[place] = self.values[place].value;
            place += 1;
        }
        all
    }

    pub fn find(&self, value: &str) -> Option<&FilterValue> {
        self.values.iter().find(|it| it.value == value)
    }
}

impl FilterValue {
    /// Whether this value shows an attack, given whether the visitor tried it.
    pub fn shows(&self, attack: &Attack, was_tried: bool) -> bool {
        match self.shows {
            Shows::Codes(codes) => codes.contains(&attack.expected),
            Shows::Changed => attack.changed_parts.contains(&self.value),
            Shows::Tried(wanted) => was_tried == wanted,
        }
    }
}

const fn stopped(value: &'static str, says: &'static str, codes: &'static [Code]) -> FilterValue {
    FilterValue { value, says, shows: Shows::Codes(codes) }
}

const fn changed(value: &'static str, says: &'static str) -> FilterValue {
    FilterValue { value, says, shows: Shows::Changed }
}

const fn tried(value: &'static str, says: &'static str, wanted: bool) -> FilterValue {
    FilterValue { value, says, shows: Shows::Tried(wanted) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attack_is_under_one_check_and_every_value_shows_some() {
        for attack in Attack::all() {
            let found = CHECK.values.iter().filter(|value| value.shows(attack, false));
            assert_eq!(found.count(), 1, "{}", attack.slug);
        }
        for value in CHECK.values.iter().chain(CHANGED.values) {
            assert!(Attack::all().any(|attack| value.shows(attack, false)), "{}", value.value);
        }
    }

    #[test]
    fn what_an_attack_changes_is_named_as_the_filter_names_it() {
        for attack in Attack::all() {
            let known = attack.changed_parts.iter().all(|part| CHANGED.find(part).is_some());
            assert!(known && !attack.changed_parts.is_empty(), "{}: {:?}", attack.slug, attack.changed_parts);
        }
    }
}
