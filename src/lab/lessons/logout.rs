//! Three ways to log out: clear the cookie, revoke the `jti`, rotate the key. They differ only for a copy of the token
//! that was saved before the logout.

use std::fmt;

use crate::code::Code;
use crate::profiles::Lifetime;

/// The cookie that carries the token, and its path.
pub const COOKIE: &str = "lab-pass";
pub const PATH: &str = "/lab/lessons/logout";

/// How long the token is valid.
pub const LIFETIME: Lifetime = Lifetime::TEN_MINUTES;

/// A way of logging out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoutMethod {
    Clear,
    Revoke,
    Rotate,
}

impl LogoutMethod {
    pub const ALL: [Self; 3] = [Self::Clear, Self::Revoke, Self::Rotate];

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }

    /// What forms send for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Revoke => "revoke",
            Self::Rotate => "rotate",
        }
    }

    /// What its button says.
    pub const fn button(self) -> &'static str {
        match self {
            Self::Clear => "Clear the cookie",
            Self::Revoke => "Revoke the jti",
            Self::Rotate => "Rotate my key",
        }
    }

    /// The code that a saved copy gets after this logout.
    pub const fn code_for_copy(self) -> Code {
        match self {
            Self::Clear => Code::Accepted,
            Self::Revoke => Code::Revoked,
            Self::Rotate => Code::UnknownKid,
        }
    }

    /// Which tokens it stops.
    pub const fn effect(self) -> &'static str {
        match self {
            Self::Clear => "The cookie in one browser. Copies work until `exp`.",
            Self::Revoke => "This one token, wherever it is.",
            Self::Rotate => "All tokens that the old key signed.",
        }
    }

    /// What the server has to do for it.
    pub const fn cost(self) -> &'static str {
        match self {
            Self::Clear => "Nothing is kept.",
            Self::Revoke => "Every request looks up a list; an entry stays until `exp`.",
            Self::Rotate => "No list. Everyone with a token of that key must log in again.",
        }
    }
}

/// The ways that the visitor has tried: a copy was replayed after each, and got the expected answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    replayed: [bool; 3],
}

impl Tried {
    /// Reads the form field: names separated by spaces.
    pub fn parse(text: &str) -> Self {
        let mut tried = Self::default();
        for way in text.split(' ').filter_map(LogoutMethod::parse) {
            tried.add(way);
        }
        tried
    }

    pub fn add(&mut self, way: LogoutMethod) {
        self.replayed[way as usize] = true;
    }

    pub const fn has(self, way: LogoutMethod) -> bool {
        self.replayed[way as usize]
    }

    /// Solved by trying all three ways. After a right prediction, clearing the cookie and one other way are enough.
    pub fn is_solved(self, predicted_right: bool) -> bool {
        let stopped = self.has(LogoutMethod::Revoke) || self.has(LogoutMethod::Rotate);
        self.replayed == [true; 3] || (predicted_right && self.has(LogoutMethod::Clear) && stopped)
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> =
            LogoutMethod::ALL.into_iter().filter(|way| self.has(*way)).map(LogoutMethod::name).collect();
        f.write_str(&names.join(" "))
    }
}

/// What a replay shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// The copy got the answer that this way of logging out leads to.
    Shows(LogoutMethod),
    /// Nobody logged out since the copy was saved.
    TooEarly,
    /// Another logout had already stopped the copy.
    StoppedEarlier(LogoutMethod),
    /// The copy has expired.
    Expired,
    /// None of this visitor's keys ever signed this token.
    NotOwn,
}

impl Replay {
    /// Judges the server's answer to a copy. `is_own` is true when one of the visitor's keys signed it, retired ones
    /// included.
    pub fn of(way: Option<LogoutMethod>, answer: Code, is_own: bool) -> Self {
        match (way, answer) {
            _ if !is_own => Self::NotOwn,
            (_, Code::Expired) => Self::Expired,
            (None, _) => Self::TooEarly,
            (Some(way), answer) if answer == way.code_for_copy() => Self::Shows(way),
            (Some(way), _) => Self::StoppedEarlier(way),
        }
    }

    pub const fn says(self) -> &'static str {
        match self {
            Self::Shows(LogoutMethod::Clear) => {
                "Your browser has deleted the cookie, but a saved copy still works: nobody was logged out. The server \
                 accepts the copy."
            }
            Self::Shows(LogoutMethod::Revoke) => {
                "The server refuses the copy: signature and times are right, but its `jti` is on the list."
            }
            Self::Shows(LogoutMethod::Rotate) => {
                "The server refuses the copy: its `kid` names a key that is gone. No list was needed."
            }
            Self::TooEarly => {
                "Nobody logged out since the copy was saved, so this shows only what a copy is: as good as the cookie \
                 itself. Log out in one of the three ways, then replay it again."
            }
            Self::StoppedEarlier(_) => {
                "This logout did not cause that: an earlier one had stopped the copy. Log in, save a fresh copy, log out \
                 once, and replay that."
            }
            Self::Expired => {
                "The copy expired ten minutes after the login. That was `exp`, not a logout. Log in and save a fresh one."
            }
            Self::NotOwn => {
                "None of your keys signed that token, so the server refuses it in any case. Press *Log in* and *Save a \
                 copy*."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_is_shown_by_its_own_answer_alone() {
        for way in LogoutMethod::ALL {
            for answer in [Code::Accepted, Code::Revoked, Code::UnknownKid] {
                let replay = Replay::of(Some(way), answer, true);
                let wanted =
                    if answer == way.code_for_copy() { Replay::Shows(way) } else { Replay::StoppedEarlier(way) };
                assert_eq!(replay, wanted);
            }
            assert_eq!(Replay::of(Some(way), Code::Expired, true), Replay::Expired);
            assert_eq!(Replay::of(Some(way), way.code_for_copy(), false), Replay::NotOwn);
        }
        assert_eq!(Replay::of(None, Code::Accepted, true), Replay::TooEarly);
    }

    #[test]
    fn all_three_ways_solve_it_and_so_does_a_right_prediction_with_two_that_differ() {
        let solved = |names, predicted| Tried::parse(names).is_solved(predicted);
        assert!(solved("clear revoke rotate", false));
        assert!(solved("clear rotate", true) && solved("clear revoke", true));
        assert!(!solved("clear rotate", false) && !solved("revoke rotate", true) && !solved("clear", true));
        assert!(!solved("", true));
    }

    #[test]
    fn what_was_tried_survives_the_form_and_strangers_in_it_do_not() {
        for names in ["", "clear", "clear rotate", "clear revoke rotate"] {
            assert_eq!(Tried::parse(names).to_string(), names);
        }
        assert_eq!(Tried::parse("rotate burn clear clear").to_string(), "clear rotate");
    }
}
