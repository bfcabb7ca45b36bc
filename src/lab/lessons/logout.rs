//! Three ways to log out: clear the cookie, revoke the `jti`, rotate the key. They differ only for a copy of the token
//! that was saved before the logout.

use std::fmt;

use super::{Choice, Lesson, Question};
use crate::code::Code;
use crate::profiles::Lifetime;

pub static LESSON: Lesson = Lesson {
    slug: "logout",
    key: "lo",
    title: "Logout three ways",
    goal: "Log out in three ways, and say which of them stops a thief who saved the cookie before.",
    minutes: 10,
    question: Question {
        asks: "A thief saved the cookie, then the owner logged out. After which logout does the copy still work?",
        choices: &[
            Choice {
                value: "clear",
                says: "After the cookie was cleared",
                is_right: true,
                reply: "Right: clearing asks one browser to forget, and the thief has another.",
            },
            Choice {
                value: "revoke",
                says: "After the token was revoked",
                is_right: false,
                reply: "The list knows the token by its `jti`, and a copy has the same one.",
            },
            Choice {
                value: "rotate",
                says: "After the key was rotated",
                is_right: false,
                reply: "The copy was signed with the old key, and the server has dropped that one.",
            },
            Choice {
                value: "none",
                says: "After none: logged out is logged out",
                is_right: false,
                reply: "Nothing in a cookie knows of a logout. Replay the copy after *Clear the cookie*.",
            },
        ],
    },
    hints: &[
        "The copy must be older than the logout. So the order is: log in, save, log out, replay.",
        "After each logout log in anew and save anew; else the copy is dead already, and the next way proves nothing.",
    ],
    solution: "Three rounds. First: *Log in*, *Save a copy*, *Clear the cookie*, *Replay the saved copy*. Second: *Log in*, \
               *Save a copy*, *Revoke the jti*, *Replay the saved copy*. Third: *Log in*, *Save a copy*, *Rotate my key*, \
               *Replay the saved copy*.",
    why: &[
        "A token is good until `exp` wherever it lies, for the server keeps nothing of it. To clear the cookie is to ask \
         one browser politely; a copy elsewhere hears nothing of it.",
        "To revoke is to keep a list after all: the `jti` stays on it until `exp`, and every request asks the list. That \
         is the look-up that a token was to spare. The list goes by the `jti` and not by a hash of the text, because a \
         text may have a second spelling.",
        "To rotate needs no list and ends every token of that key. This server's keys sign for everybody, so it gives you \
         keys of your own here; a site would rotate like this after a break-in, not for one logout.",
        "That leaves a short life: a pass of 10 minutes is stolen for 10 minutes at most. Long sessions are then made of \
         short tokens and one long one that only the issuer sees, and that it keeps a list for.",
        "This site's own `POST /logout` does both: it clears the session cookie, and it revokes a token that carries a \
         `jti`. The session cookie is encrypted, which keeps a thief from reading it and not from sending it: a saved \
         copy of it still opens, for twelve hours. Only a server that keeps the session itself, as this one does where it \
         is given Redis, can forget it, and then the copy is dead. The demo's own token has no `jti`, so only its `exp` ends it.",
    ],
    rfcs: &["RFC 7519 §4.1.7", "RFC 6265 §8.4", "RFC 7009 §2"],
};

/// The cookie that carries the token, and its path.
pub const COOKIE: &str = "lab-pass";
pub const PATH: &str = "/lab/lessons/logout";

/// How long the token is valid.
pub const LIFETIME: Lifetime = Lifetime::TEN_MINUTES;

/// A way of logging out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Clear,
    Revoke,
    Rotate,
}

impl Way {
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

    /// The code with which the server answers a copy after it.
    pub const fn answer(self) -> Code {
        match self {
            Self::Clear => Code::Accepted,
            Self::Revoke => Code::Revoked,
            Self::Rotate => Code::UnknownKid,
        }
    }

    pub const fn ends(self) -> &'static str {
        match self {
            Self::Clear => "The cookie in one browser. Copies live on until exp.",
            Self::Revoke => "This one token, wherever it is.",
            Self::Rotate => "All tokens that the old key signed.",
        }
    }

    pub const fn price(self) -> &'static str {
        match self {
            Self::Clear => "Nothing is kept.",
            Self::Revoke => "A list that every request asks; an entry stays until exp.",
            Self::Rotate => "No list. All who hold a token of that key log in anew.",
        }
    }
}

/// The ways that the visitor has tried: a copy was replayed after each, and got the expected answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    shown: [bool; 3],
}

impl Tried {
    /// Reads the form field: names separated by blanks.
    pub fn parse(text: &str) -> Self {
        let mut tried = Self::default();
        for way in text.split(' ').filter_map(Way::parse) {
            tried.add(way);
        }
        tried
    }

    pub fn add(&mut self, way: Way) {
        self.shown[way as usize] = true;
    }

    pub const fn has(self, way: Way) -> bool {
        self.shown[way as usize]
    }

    /// Solved by trying all three ways. After a right prediction, clearing the cookie and one other way are enough.
    pub fn is_solved(self, predicted_right: bool) -> bool {
        let stopped = self.has(Way::Revoke) || self.has(Way::Rotate);
        self.shown == [true; 3] || (predicted_right && self.has(Way::Clear) && stopped)
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Way::ALL.into_iter().filter(|way| self.has(*way)).map(Way::name).collect();
        f.write_str(&names.join(" "))
    }
}

/// What a replay shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// The copy got the answer that this way of logging out leads to.
    Shows(Way),
    /// Nobody logged out since the copy was saved.
    TooEarly,
    /// Another logout had already stopped the copy.
    DeadBefore(Way),
    /// The copy has expired.
    Expired,
    /// None of this visitor's keys ever signed this token.
    Foreign,
}

impl Replay {
    /// Judges the server's answer to a copy. `is_own` is true when one of the visitor's keys signed it, retired ones
    /// included.
    pub fn of(way: Option<Way>, answer: Code, is_own: bool) -> Self {
        match (way, answer) {
            _ if !is_own => Self::Foreign,
            (_, Code::Expired) => Self::Expired,
            (None, _) => Self::TooEarly,
            (Some(way), answer) if answer == way.answer() => Self::Shows(way),
            (Some(way), _) => Self::DeadBefore(way),
        }
    }

    pub const fn says(self) -> &'static str {
        match self {
            Self::Shows(Way::Clear) => {
                "The server accepts the copy. Your browser has forgotten the cookie, and the thief has not: this logout \
                 logged nobody out."
            }
            Self::Shows(Way::Revoke) => {
                "The server refuses the copy: signature and times are right, but its `jti` is on the list."
            }
            Self::Shows(Way::Rotate) => {
                "The server refuses the copy: its `kid` names a key that is gone. No list was asked."
            }
            Self::TooEarly => {
                "Nobody logged out since the copy was saved, so this shows only what a copy is: as good as the cookie \
                 itself. Log out in one of the three ways, then replay it again."
            }
            Self::DeadBefore(_) => {
                "The answer is not this logout's work: an earlier one had ended the copy already. Log in, save a fresh \
                 copy, log out once, and replay that."
            }
            Self::Expired => {
                "The copy ended by itself, ten minutes after the login. That is `exp` at work and no logout. Log in and \
                 save a fresh one."
            }
            Self::Foreign => {
                "That is no pass of yours: no key of yours signed it, so the server refuses it whatever you did. Press \
                 *Log in* and *Save a copy*."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_is_shown_by_its_own_answer_alone() {
        for way in Way::ALL {
            for answer in [Code::Accepted, Code::Revoked, Code::UnknownKid] {
                let replay = Replay::of(Some(way), answer, true);
                let wanted = if answer == way.answer() { Replay::Shows(way) } else { Replay::DeadBefore(way) };
                assert_eq!(replay, wanted);
            }
            assert_eq!(Replay::of(Some(way), Code::Expired, true), Replay::Expired);
            assert_eq!(Replay::of(Some(way), way.answer(), false), Replay::Foreign);
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
