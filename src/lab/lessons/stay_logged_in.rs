//! Staying logged in with a refresh token: at an issuer that accepts it again and again, and at one that rotates it and
//! notices when one is used twice.
//!
//! The issuer itself decides about every token. Here is what its answers mean, in which order they came, and when a
//! part of the lesson is done.

use std::fmt;

use super::hints::Open;
use super::press::PressResult;
use crate::profiles::Lifetime;

/// The cookie that carries the tokens of Bob and of Mallory.
pub const COOKIE: &str = "lab-logins";

/// How long an access token is valid, by the clock of the lesson.
pub const ACCESS_LIFETIME: Lifetime = Lifetime::TEN_MINUTES;

/// How long the issuer keeps a login of this lesson, in real minutes.
pub const KEPT_MINUTES: i64 = 60;

/// The most moves of one round.
const MOST_MOVES: usize = 30;

/// Where Bob logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// A refresh token works until it expires.
    Old,
    /// A refresh token works once.
    New,
}

impl Issuer {
    pub const ALL: [Self; 2] = [Self::Old, Self::New];

    /// What the form and the session call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
        }
    }

    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|issuer| issuer.name() == name)
    }
}

/// Who has a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Bob,
    Mallory,
}

impl Holder {
    pub const ALL: [Self; 2] = [Self::Bob, Self::Mallory];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Bob => "Bob",
            Self::Mallory => "Mallory",
        }
    }
}

/// What the pupil shows in one round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// At the old issuer the thief stays, and nobody notices.
    Unnoticed,
    /// At the new issuer the thief refreshes before Bob.
    MalloryFirst,
    /// At the new issuer Bob refreshes before the thief.
    BobFirst,
}

impl Part {
    pub const ALL: [Self; 3] = [Self::Unnoticed, Self::MalloryFirst, Self::BobFirst];

    pub const fn says(self) -> &'static str {
        match self {
            Self::Unnoticed => "Old issuer: Mallory still refreshes after four weeks, and Bob notices nothing.",
            Self::MalloryFirst => "New issuer: Mallory is the first to refresh. Both end up without a login.",
            Self::BobFirst => "New issuer: Bob is the first to refresh. Both end up without a login.",
        }
    }

    /// What the hints call it.
    const fn name(self) -> &'static str {
        match self {
            Self::Unnoticed => "unnoticed",
            Self::MalloryFirst => "mallory-first",
            Self::BobFirst => "bob-first",
        }
    }

    const fn issuer(self) -> Issuer {
        match self {
            Self::Unnoticed => Issuer::Old,
            Self::MalloryFirst | Self::BobFirst => Issuer::New,
        }
    }

    const fn shown(self) -> &'static str {
        match self {
            Self::Unnoticed => {
                "After four weeks Mallory still gets access tokens for Bob. Bob refreshed too, and saw nothing strange."
            }
            Self::MalloryFirst => {
                "Both are refused now. Mallory was in until Bob came back. Then one token was used twice, and the issuer \
                 ended the family."
            }
            Self::BobFirst => {
                "Both are refused now. Mallory's first try ended the family, and she got nothing. The price: Bob must \
                 log in again, although he did nothing wrong."
            }
        }
    }
}

/// Something that happened in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Steal,
    TenMinutes,
    FourWeeks,
    Refreshed(Holder),
    Refused(Holder),
}

/// Each move with its letter in the session.
const LETTERS: [(char, Move); 7] = [
    ('s', Move::Steal),
    ('t', Move::TenMinutes),
    ('w', Move::FourWeeks),
    ('b', Move::Refreshed(Holder::Bob)),
    ('m', Move::Refreshed(Holder::Mallory)),
    ('B', Move::Refused(Holder::Bob)),
    ('M', Move::Refused(Holder::Mallory)),
];

/// What the issuer does with a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// There is a new access token.
    Granted,
    /// The token was spent before. The family has ended now.
    Reused,
    /// The family had ended before.
    Ended,
    /// The issuer does not keep this login any more.
    Forgotten,
}

/// One login and what followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    pub issuer: Issuer,
    moves: Vec<Move>,
}

impl Round {
    pub const fn new(issuer: Issuer) -> Self {
        Self { issuer, moves: Vec::new() }
    }

    fn has(&self, wanted: Move) -> bool {
        self.moves.contains(&wanted)
    }

    pub fn is_stolen(&self) -> bool {
        self.has(Move::Steal)
    }

    /// The minutes since the login, by the clock of the lesson.
    pub fn minutes(&self) -> i64 {
        let minutes = |step: &Move| match step {
            Move::TenMinutes => 10,
            Move::FourWeeks => 4 * 7 * 24 * 60,
            _ => 0,
        };
        self.moves.iter().map(minutes).sum()
    }

    /// How much time has passed since the login, in words.
    pub fn since_login(&self) -> String {
        match self.minutes() {
            0 => "just now".to_owned(),
            minutes @ 1..1440 => format!("{minutes} minutes ago"),
            minutes => format!("{} days ago", minutes / 1440),
        }
    }

    /// Adds a move; `false` if the round has enough of them.
    fn add(&mut self, step: Move) -> bool {
        let has_room = self.moves.len() < MOST_MOVES;
        if has_room {
            self.moves.push(step);
        }
        has_room
    }

    pub fn steal(&mut self) -> bool {
        self.add(Move::Steal)
    }

    pub fn wait_ten_minutes(&mut self) -> bool {
        self.add(Move::TenMinutes)
    }

    pub fn wait_four_weeks(&mut self) -> bool {
        self.add(Move::FourWeeks)
    }

    /// Notes what the issuer answered. A login that is forgotten tells nothing.
    pub fn note(&mut self, holder: Holder, answer: Answer) -> bool {
        match answer {
            Answer::Granted => self.add(Move::Refreshed(holder)),
            Answer::Reused | Answer::Ended => self.add(Move::Refused(holder)),
            Answer::Forgotten => true,
        }
    }

    /// What happened after the theft.
    fn after_theft(&self) -> &[Move] {
        let theft = self.moves.iter().position(|step| *step == Move::Steal);
        theft.map_or(&[], |place| &self.moves[place + 1..])
    }

    /// Who got new tokens first after the theft.
    fn first(&self) -> Option<Holder> {
        self.after_theft().iter().find_map(|step| match step {
            Move::Refreshed(holder) => Some(*holder),
            _ => None,
        })
    }

    /// Whether Mallory got tokens after the four weeks.
    fn is_late(&self) -> bool {
        let weeks = self.after_theft().iter().rposition(|step| *step == Move::FourWeeks);
        weeks.is_some_and(|place| self.after_theft()[place..].contains(&Move::Refreshed(Holder::Mallory)))
    }

    /// Whether Bob refreshed at the old issuer after the theft, and Mallory did not after four weeks.
    fn lacks_only_the_weeks(&self) -> bool {
        let has_bob = self.after_theft().contains(&Move::Refreshed(Holder::Bob));
        self.issuer == Issuer::Old && has_bob && !self.is_late()
    }

    /// Which part the round has shown.
    fn shows(&self) -> Option<Part> {
        let has = |step| self.after_theft().contains(&step);
        match self.issuer {
            Issuer::Old => (self.is_late() && has(Move::Refreshed(Holder::Bob))).then_some(Part::Unnoticed),
            Issuer::New if Holder::ALL.into_iter().all(|holder| has(Move::Refused(holder))) => match self.first()? {
                Holder::Bob => Some(Part::BobFirst),
                Holder::Mallory => Some(Part::MalloryFirst),
            },
            Issuer::New => None,
        }
    }

    /// What an answer means for its holder, once it is noted.
    pub fn says(&self, holder: Holder, answer: Answer) -> &'static str {
        match (self.issuer, answer, holder) {
            (_, Answer::Forgotten, _) => FORGOTTEN,
            (Issuer::Old, Answer::Granted, Holder::Bob) if self.is_late() => {
                "Bob has a new access token. Nothing tells him that Mallory has one too."
            }
            (Issuer::Old, Answer::Granted, Holder::Bob) => {
                "Bob has a new access token. His refresh token stays the same, so it shows him nothing."
            }
            (Issuer::Old, Answer::Granted, Holder::Mallory) if self.is_late() => {
                "After four weeks Mallory still gets access tokens. Does Bob notice? Press *Refresh as Bob*."
            }
            (Issuer::Old, Answer::Granted, Holder::Mallory) => {
                "Mallory has an access token for Bob's account. How long can she go on? Press *Four weeks later*, and then \
                 *Refresh as Mallory*."
            }
            (Issuer::New, Answer::Granted, Holder::Bob) if self.is_stolen() => {
                "Bob has a new access token and a new refresh token. The one that Mallory copied is spent."
            }
            (Issuer::New, Answer::Granted, Holder::Bob) => {
                "Bob has a new access token and a new refresh token. The one before is spent."
            }
            (Issuer::New, Answer::Granted, Holder::Mallory) => {
                "Mallory has an access token for Bob's account, and the new refresh token. The one that Bob has is spent."
            }
            (_, Answer::Reused, Holder::Bob) => {
                "Bob sent a token that was used before. The issuer cannot know which of the two is the thief, so it ended \
                 the whole family. Does Mallory's newer token still work? Press *Ten minutes later*, and then *Refresh as \
                 Mallory*."
            }
            (_, Answer::Reused, Holder::Mallory) => {
                "Mallory sent a token that was used before, so the issuer ended the whole family. Does Bob's newer token \
                 still work? Press *Ten minutes later*, and then *Refresh as Bob*."
            }
            (_, Answer::Ended, Holder::Bob) => "The family has ended, so Bob's token is refused too.",
            (_, Answer::Ended, Holder::Mallory) => "The family has ended, so Mallory's token is refused too.",
        }
    }
}

/// What the visitor's session keeps of this lesson: the parts that are done, and the round that is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    done: [bool; 3],
    pub round: Option<Round>,
}

impl Kept {
    /// Reads what [`Self`] displays. What it does not understand is left out.
    pub fn parse(text: &str) -> Self {
        let mut words = text.split(' ');
        let marks = words.next().unwrap_or_default();
        let done = Part::ALL.map(|part| marks.as_bytes().get(part as usize) == Some(&b'1'));
        let round = words.next().and_then(Issuer::find).map(|issuer| {
            let letters = words.next().unwrap_or_default().chars();
            let known = letters.filter_map(|found| LETTERS.iter().find(|(letter, _)| *letter == found));
            Round { issuer, moves: known.map(|(_, step)| *step).take(MOST_MOVES).collect() }
        });
        Self { done, round }
    }

    pub const fn has(&self, part: Part) -> bool {
        self.done[part as usize]
    }

    pub fn count(&self) -> usize {
        self.done.iter().filter(|done| **done).count()
    }

    /// A part that the round can show comes before one that needs another login. Where Bob has refreshed at the old
    /// issuer, only the four weeks are left of it.
    pub fn open(&self) -> Open {
        if !self.has(Part::Unnoticed) && self.round.as_ref().is_some_and(Round::lacks_only_the_weeks) {
            return Open::Part("weeks");
        }
        let missing = || Part::ALL.into_iter().filter(|part| !self.has(*part));
        let is_of_round = |part: &Part| self.round.as_ref().is_some_and(|round| round.issuer == part.issuer());
        missing().find(is_of_round).or_else(|| missing().next()).map(Part::name).into()
    }

    /// What an answer of the issuer came to. A round that has shown its part is over.
    pub fn concluded(&mut self, holder: Holder, answer: Answer) -> PressResult {
        let Some(round) = self.round.take() else { return PressResult::Missing(LOG_IN_FIRST.to_owned()) };
        if answer == Answer::Forgotten {
            return PressResult::Missing(FORGOTTEN.to_owned());
        }
        let Some(part) = round.shows() else {
            let says = round.says(holder, answer).to_owned();
            self.round = Some(round);
            return PressResult::Step(says);
        };
        let is_new = !self.has(part);
        self.done[part as usize] = true;
        let (says, count) = (part.shown(), self.count());
        match (count, is_new) {
            (3, true) => PressResult::Solved(format!("{says} All three parts are done.")),
            (_, true) => PressResult::Step(format!("{count} of 3 parts done. {says}")),
            (_, false) => {
                PressResult::Note(format!("You have done this part already. {count} of 3 parts done. {says}"))
            }
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.done.iter().try_for_each(|done| write!(f, "{}", u8::from(*done)))?;
        let Some(round) = &self.round else { return Ok(()) };
        write!(f, " {} ", round.issuer.name())?;
        let letter = |step: &Move| LETTERS.iter().find(|(_, known)| known == step).map(|(letter, _)| *letter);
        round.moves.iter().filter_map(letter).try_for_each(|letter| write!(f, "{letter}"))
    }
}

const FORGOTTEN: &str = "The issuer keeps a login of this lesson for an hour, and this one is gone. Log in again.";

pub const TOO_LONG: &str = "This round has gone on for long. Log in again to start a new one.";

pub const LOG_IN_FIRST: &str = "Bob is not logged in. Log in at one of the two issuers first.";

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> Kept {
        Kept::parse(text)
    }

    #[test]
    fn what_the_session_keeps_is_read_back_and_the_rest_is_left_out() {
        for text in ["000", "101", "010 new ", "001 old stwmbBM"] {
            assert_eq!(kept(text).to_string(), text);
        }
        for (text, means) in [("", "000"), ("9x1", "001"), ("000 newer s", "000"), ("1 new sXs", "100 new ss")] {
            assert_eq!(kept(text).to_string(), means);
        }
        let long = format!("000 new {}", "t".repeat(1000));
        assert_eq!(kept(&long).round.unwrap().minutes(), 300);
    }

    #[test]
    fn a_round_shows_its_part_and_nothing_sooner() {
        for (moves, part) in [
            ("old smtbwm", Some(Part::Unnoticed)),
            ("old swmb", Some(Part::Unnoticed)),
            ("old smtwm", None),
            ("old mbws", None),
            ("old smbw", None),
            ("old bswm", None),
            ("new smtBM", Some(Part::MalloryFirst)),
            ("new stbMtB", Some(Part::BobFirst)),
            ("new tbsmtBM", Some(Part::MalloryFirst)),
            ("new smtB", None),
            ("new stbM", None),
            ("new BM", None),
        ] {
            assert_eq!(kept(&format!("000 {moves}")).round.unwrap().shows(), part, "{moves}");
        }
    }

    #[test]
    fn the_lesson_is_solved_by_the_third_part_and_a_part_counts_once() {
        let ended = |text: &str| {
            let mut kept = kept(text);
            let press = kept.concluded(Holder::Mallory, Answer::Ended);
            (press, kept)
        };
        let (press, left) = ended("000 new smtBM");
        assert!(matches!(press, PressResult::Step(says) if says.starts_with("1 of 3 parts done.")));
        assert_eq!(left.to_string(), "010");
        let (press, _) = ended("010 new smtBM");
        let says = "You have done this part already. 1 of 3 parts done. Both are refused";
        assert!(matches!(press, PressResult::Note(it) if it.starts_with(says)));
        let (press, left) = ended("110 new stbMB");
        assert!(press.is_solved() && left.count() == 3);
        let (press, left) = ended("110 new stb");
        assert!(!press.is_solved() && left.round.is_some());
    }

    #[test]
    fn once_bob_has_refreshed_at_the_old_issuer_the_hints_are_about_the_four_weeks() {
        for (text, part) in [
            ("000 old s", "unnoticed"),
            ("000 old sm", "unnoticed"),
            ("000 old smtb", "weeks"),
            ("000 old stbw", "weeks"),
            ("100 old smtb", "mallory-first"),
            ("000 new stb", "mallory-first"),
        ] {
            assert_eq!(kept(text).open(), Open::Part(part), "{text}");
        }
    }

    #[test]
    fn a_round_has_an_end() {
        let mut round = Round::new(Issuer::Old);
        assert!((0..MOST_MOVES).all(|_| round.wait_ten_minutes()));
        assert!(!round.wait_ten_minutes() && round.minutes() == 300);
        assert_eq!(round.since_login(), "300 minutes ago");
    }
}
