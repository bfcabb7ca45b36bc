//! Three ways to log out: clear the cookie, revoke the `jti`, rotate the key. They differ only for a copy of the token
//! that was saved before the logout, so each way counts when a replay has shown what it does.

use std::fmt;

use super::hints::Open;
use crate::code::Code;
use crate::profiles::Lifetime;

/// The cookie that carries the token, and its path.
pub const COOKIE: &str = "lab-pass";

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

    pub fn find(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.value() == value)
    }

    /// What forms send for it.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Revoke => "revoke",
            Self::Rotate => "rotate",
        }
    }

    /// What its button says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Clear => "Clear the cookie",
            Self::Revoke => "Revoke the token",
            Self::Rotate => "Rotate the key",
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
            Self::Revoke => "This one token, and every copy of it.",
            Self::Rotate => "All tokens that the old key signed.",
        }
    }

    /// What the server has to do for it.
    pub const fn cost(self) -> &'static str {
        match self {
            Self::Clear => "The server keeps nothing.",
            Self::Revoke => "Every request looks at a list. An entry stays until `exp`.",
            Self::Rotate => "No list. Every user of that key must log in again.",
        }
    }
}

/// How far a round is: which steps the page shows, and which of them is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Begin,
    LoggedIn,
    Saved,
    LoggedOut,
}

/// What the visitor's session keeps of this lesson: the number of the key that signs, and the ways that a replay
/// showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounds {
    pub key: u32,
    shown: [bool; 3],
}

impl Default for Rounds {
    fn default() -> Self {
        Self { key: 1, shown: [false; 3] }
    }
}

impl Rounds {
    /// Reads what [`Self`] displays: the key's number, and the names of the ways, separated by spaces.
    pub fn parse(text: &str) -> Self {
        let mut words = text.split(' ');
        let key = words.next().and_then(|word| word.parse().ok()).filter(|key| *key > 0);
        let mut rounds = Self { key: key.unwrap_or(1), ..Self::default() };
        for way in words.filter_map(LogoutMethod::find) {
            rounds.add(way);
        }
        rounds
    }

    pub fn add(&mut self, way: LogoutMethod) {
        self.shown[way as usize] = true;
    }

    pub const fn has(self, way: LogoutMethod) -> bool {
        self.shown[way as usize]
    }

    pub fn count(self) -> usize {
        self.shown.iter().filter(|shown| **shown).count()
    }

    /// The ways that no replay has shown yet.
    fn missing(self) -> impl Iterator<Item = LogoutMethod> {
        LogoutMethod::ALL.into_iter().filter(move |way| !self.has(*way))
    }

    /// The next step of the round. `is_copy_spent` says that a replay of this copy can show nothing any more.
    pub fn open(self, stage: Stage, is_copy_spent: bool) -> Open {
        let Some(way) = self.missing().next() else { return Open::Nothing };
        Open::Part(match stage {
            _ if is_copy_spent => "again",
            Stage::Begin if self.count() > 0 => "again",
            Stage::Begin => "login",
            Stage::LoggedIn => "save",
            Stage::Saved => way.value(),
            Stage::LoggedOut => "replay",
        })
    }

    /// How many rounds are done.
    pub fn counted(self) -> String {
        format!("{} of {} rounds done.", self.count(), LogoutMethod::ALL.len())
    }

    /// The logouts that are left, as the verdict names them.
    pub fn left(self) -> String {
        let buttons: Vec<String> = self.missing().map(|way| format!("*{}*", way.label())).collect();
        if buttons.is_empty() {
            return "All three rounds are played, so this is an extra one.".to_owned();
        }
        format!("Still to be played: {}.", buttons.join(", "))
    }

    pub fn are_complete(self) -> bool {
        self.count() == LogoutMethod::ALL.len()
    }
}

impl fmt::Display for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.key)?;
        LogoutMethod::ALL.into_iter().filter(|way| self.has(*way)).try_for_each(|way| write!(f, " {}", way.value()))
    }
}

/// What the session keeps of Mallory's copy. Its token follows from it: the same claims and the same key make the same
/// signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCopy {
    /// The number of the key that signed it.
    pub key: u32,
    /// In seconds since 1970.
    pub issued_at: i64,
    pub jti: String,
    /// How Bob logged out since.
    pub way: Option<LogoutMethod>,
}

impl KeptCopy {
    /// Reads what [`Self`] displays, in a text with the rounds before it.
    pub fn parse(text: &str) -> Option<Self> {
        let word = text.split(' ').find_map(|word| word.strip_prefix(COPY))?;
        let fields: Vec<&str> = word.split('.').collect();
        let [key, issued_at, jti, way] = fields[..] else { return None };
        let (key, issued_at) = (key.parse().ok()?, issued_at.parse().ok()?);
        Some(Self { key, issued_at, jti: jti.to_owned(), way: LogoutMethod::find(way) })
    }
}

impl fmt::Display for KeptCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = self.way.map_or("", LogoutMethod::value);
        write!(f, "{COPY}{}.{}.{}.{way}", self.key, self.issued_at, self.jti)
    }
}

/// What a kept copy begins with.
const COPY: &str = "copy.";

/// What a replay shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// The copy got the answer that this way of logging out leads to.
    Shows(LogoutMethod),
    /// Nobody logged out since the copy was saved.
    TooEarly,
    /// The copy is accepted after a logout that stops its own token: it was the logout of another token.
    OtherToken,
    /// The copy is refused with this code, which the last logout does not cause.
    RefusedBefore(Code),
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
            (Some(way), answer) if answer == way.code_for_copy() => Self::Shows(way),
            (None, Code::Accepted) => Self::TooEarly,
            (Some(_), Code::Accepted) => Self::OtherToken,
            (_, answer) => Self::RefusedBefore(answer),
        }
    }

    pub const fn says(self) -> &'static str {
        match self {
            Self::Shows(LogoutMethod::Clear) => {
                "The copy still works. Bob's browser deleted the cookie, but the server changed nothing."
            }
            Self::Shows(LogoutMethod::Revoke) => {
                "The server refuses the copy. Signature and times are right, but its `jti` is on the deny list."
            }
            Self::Shows(LogoutMethod::Rotate) => {
                "The server refuses the copy. Its `kid` names the old key, which the server does not use any more."
            }
            Self::TooEarly => {
                "The copy works, but Bob is still logged in. So this does not tell you what a logout does. Log out in \
                 one of the three ways first."
            }
            Self::OtherToken => {
                "The server accepts the copy, so this logout did not end it. It ended another token: did you log in \
                 again, perhaps in another tab? Log in, save a new copy, and log out."
            }
            Self::RefusedBefore(Code::Revoked) => {
                "The server refuses the copy, because an earlier logout revoked it. So this does not tell you what the \
                 last logout did. Log in and save a new copy."
            }
            Self::RefusedBefore(Code::UnknownKid) => {
                "The server refuses the copy, because an earlier rotation ended its key. So this does not tell you what \
                 the last logout did. Log in and save a new copy."
            }
            Self::RefusedBefore(_) => {
                "The server refuses the copy, and no logout caused that. Log in and save a new copy."
            }
            Self::Expired => {
                "The server refuses the copy, because it expired ten minutes after the login. No logout caused that. \
                 Log in and save a new copy."
            }
            Self::NotOwn => {
                "The server refuses this text: none of your keys signed it. Perhaps it is from a session that has ended. \
                 Press *Log in as Bob*, and then *Save a copy*."
            }
        }
    }

    /// What it means for Mallory.
    pub const fn consequence(answer: Code) -> &'static str {
        match answer {
            Code::Accepted => "Mallory is logged in as Bob: she can read his grades.",
            _ => "Mallory is not logged in: she sees nothing of Bob.",
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
                let expected = match answer {
                    answer if answer == way.code_for_copy() => Replay::Shows(way),
                    Code::Accepted => Replay::OtherToken,
                    answer => Replay::RefusedBefore(answer),
                };
                assert_eq!(replay, expected);
            }
            assert_eq!(Replay::of(Some(way), Code::Expired, true), Replay::Expired);
            assert_eq!(Replay::of(Some(way), way.code_for_copy(), false), Replay::NotOwn);
        }
        assert_eq!(Replay::of(None, Code::Accepted, true), Replay::TooEarly);
        assert_eq!(Replay::of(None, Code::Revoked, true), Replay::RefusedBefore(Code::Revoked));
    }

    #[test]
    fn a_replay_is_said_to_work_exactly_when_the_server_accepted_it() {
        let codes = [Code::Accepted, Code::Revoked, Code::UnknownKid, Code::Expired, Code::BadSignature];
        let ways = LogoutMethod::ALL.map(Some).into_iter().chain([None]);
        for (way, code) in ways.flat_map(|way| codes.map(|code| (way, code))) {
            let says = Replay::of(way, code, true).says();
            let is_accepted = code == Code::Accepted;
            assert_eq!(
                says.contains("works") || says.contains("accepts the copy"),
                is_accepted,
                "{way:?} {code:?}: {says}"
            );
            assert_eq!(says.contains("refuses"), !is_accepted, "{way:?} {code:?}: {says}");
            assert_eq!(Replay::consequence(code).contains("is logged in"), is_accepted);
        }
    }

    #[test]
    fn the_rounds_are_complete_once_all_three_ways_were_shown() {
        assert!(Rounds::parse("1 clear revoke rotate").are_complete());
        for (names, count) in [("", 0), ("1 clear rotate", 2), ("4 revoke", 1)] {
            assert!(!Rounds::parse(names).are_complete());
            assert_eq!(Rounds::parse(names).count(), count);
        }
    }

    #[test]
    fn the_hints_are_about_the_next_step_of_the_round() {
        let (none, one) = (Rounds::default(), Rounds::parse("1 clear"));
        for (stage, first, second) in [
            (Stage::Begin, "login", "again"),
            (Stage::LoggedIn, "save", "save"),
            (Stage::Saved, "clear", "revoke"),
            (Stage::LoggedOut, "replay", "replay"),
        ] {
            assert_eq!(none.open(stage, false), Open::Part(first));
            assert_eq!(one.open(stage, false), Open::Part(second));
            assert_eq!(one.open(stage, true), Open::Part("again"), "the copy shows nothing any more");
            assert_eq!(Rounds::parse("1 clear revoke rotate").open(stage, false), Open::Nothing);
        }
        assert_eq!(one.left(), "Still to be played: *Revoke the token*, *Rotate the key*.");
        assert!(Rounds::parse("1 clear revoke rotate").left().starts_with("All three rounds are played"));
    }

    #[test]
    fn a_kept_copy_is_read_back_behind_the_rounds() {
        for way in LogoutMethod::ALL.map(Some).into_iter().chain([None]) {
            let copy = KeptCopy { key: 7, issued_at: 1_800_000_000, jti: "a-b_c".to_owned(), way };
            let text = format!("7 clear {copy}");
            assert_eq!(KeptCopy::parse(&text), Some(copy));
            assert_eq!(Rounds::parse(&text).to_string(), "7 clear");
        }
        for text in ["", "1 clear", "1 copy.", "1 copy.x.1.a.", "1 copy.1.2.3"] {
            assert_eq!(KeptCopy::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_the_session_keeps_is_read_back_and_the_rest_is_left_out() {
        for text in ["1", "7 clear", "2 clear rotate", "4294967295 clear revoke rotate"] {
            assert_eq!(Rounds::parse(text).to_string(), text);
        }
        for (text, means) in [("", "1"), ("0 clear", "1 clear"), ("x rotate burn clear clear", "1 clear rotate")] {
            assert_eq!(Rounds::parse(text).to_string(), means);
        }
    }
}
