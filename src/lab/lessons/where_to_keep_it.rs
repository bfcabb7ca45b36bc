//! Where to keep it: one script of Mallory's on Bob's page, and four places for his token. What it can steal, and
//! what it can do while the page is open.

use super::hints::Open;
use super::press::PressResult;

/// A place for Bob's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Storage,
    Readable,
    HttpOnly,
    Backend,
}

impl Place {
    pub const ALL: [Self; 4] = [Self::Storage, Self::Readable, Self::HttpOnly, Self::Backend];

    /// What forms send for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::Readable => "readable",
            Self::HttpOnly => "http-only",
            Self::Backend => "backend",
        }
    }

    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Storage => "localStorage",
            Self::Readable => "A readable cookie",
            Self::HttpOnly => "A cookie with HttpOnly",
            Self::Backend => "A backend for frontend",
        }
    }

    /// Where the token is then.
    pub const fn says(self) -> &'static str {
        match self {
            Self::Storage => {
                "The token is in localStorage. The page's own script reads it and adds it to each request."
            }
            Self::Readable => "The token is in a cookie without `HttpOnly`.",
            Self::HttpOnly => "The token is in a cookie with `HttpOnly`.",
            Self::Backend => "The token stays on the server. The browser has an `HttpOnly` cookie with a session id.",
        }
    }

    /// The cookie that the browser has; none if it has none.
    pub const fn cookie(self) -> Option<&'static str> {
        match self {
            Self::Storage => None,
            Self::Readable => Some("lab-kept-readable"),
            Self::HttpOnly => Some("lab-kept-http-only"),
            Self::Backend => Some("lab-kept-session"),
        }
    }

    pub const fn is_http_only(self) -> bool {
        matches!(self, Self::HttpOnly | Self::Backend)
    }

    /// Whether a script on the page finds the token.
    pub const fn is_readable(self) -> bool {
        matches!(self, Self::Storage | Self::Readable)
    }

    /// Whether the server can end Bob's login at once, without a list of tokens.
    pub const fn can_be_ended(self) -> bool {
        matches!(self, Self::Backend)
    }

    const fn letter(self) -> char {
        match self {
            Self::Storage => 's',
            Self::Readable => 'r',
            Self::HttpOnly => 'h',
            Self::Backend => 'b',
        }
    }

    fn of_letter(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.letter() == letter)
    }
}

/// What a visitor predicts of the script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guess {
    /// It can take the token home.
    pub takes: Option<bool>,
    /// It can send requests as Bob while his page is open.
    pub sends: Option<bool>,
}

impl Guess {
    /// Whether both questions are answered.
    pub const fn is_complete(self) -> bool {
        self.takes.is_some() && self.sends.is_some()
    }

    /// What is wrong with it for this place, with a hint about this very guess.
    fn judge(self, place: Place) -> Result<(), &'static str> {
        match (self.takes, self.sends) {
            (None, _) | (_, None) => Err("Answer both questions, and run the script."),
            (Some(true), _) if !place.is_readable() => {
                Err("You said that it can take the token. Look at its loot: what does the browser show to scripts?")
            }
            (Some(false), _) if place.is_readable() => Err("You said that it cannot take the token. Look at its loot."),
            (_, Some(false)) => Err(
                "You said that it cannot send requests as Bob. Look at the portal's answer: whose request did the portal \
                 see?",
            ),
            (_, Some(true)) => Ok(()),
        }
    }
}

/// What the visitor's session keeps of this lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    done: Vec<Place>,
    /// Where Bob's token is; none before he logs in.
    pub place: Option<Place>,
    /// The backend's session id.
    pub session: String,
    /// Whether the script ran with a right prediction.
    has_run: bool,
}

impl Work {
    /// Reads what [`Self::text`] writes. What it cannot read is left out.
    pub fn parse(text: &str) -> Self {
        let fields: Vec<&str> = text.splitn(4, '|').collect();
        let [done, place, session, has_run] = fields[..] else { return Self::default() };
        Self {
            done: Place::ALL.into_iter().filter(|place| done.contains(place.letter())).collect(),
            place: place.chars().next().and_then(Place::of_letter),
            session: session.to_owned(),
            has_run: has_run == "y",
        }
    }

    pub fn text(&self) -> String {
        let done: String = self.done.iter().map(|place| place.letter()).collect();
        let place: String = self.place.iter().map(|place| place.letter()).collect();
        format!("{done}|{place}|{}|{}", self.session, if self.has_run { "y" } else { "" })
    }

    pub fn has(&self, place: Place) -> bool {
        self.done.contains(&place)
    }

    pub fn count(&self) -> usize {
        self.done.len()
    }

    pub const fn has_run(&self) -> bool {
        self.has_run
    }

    /// What is open at the place of this round, after this guess.
    pub fn open(&self, guess: Guess) -> Open {
        let takes = self.place.map(Place::is_readable);
        match self.place {
            None if self.count() == Place::ALL.len() => Open::Nothing,
            None => Open::Part("login"),
            Some(_) if self.has_run => Open::Part("replay"),
            Some(_) if guess.takes != takes => Open::Part("takes"),
            Some(_) => Open::Part("sends"),
        }
    }

    /// The place that the form suggests: the first that is not done.
    pub fn next(&self) -> Place {
        Place::ALL.into_iter().find(|place| !self.has(*place)).unwrap_or(Place::Backend)
    }

    /// Bob logs in. `session` is the id that a backend would give him.
    pub fn log_in(&mut self, place: Place, session: String) -> PressResult {
        let before = self.place;
        *self = Self { done: std::mem::take(&mut self.done), place: Some(place), session, has_run: false };
        let says = format!("Bob is logged in for ten minutes. {}", place.says());
        let press = self.step_done(1, &says);
        // A second login at one place begins it again.
        if before == Some(place) { PressResult::Note(press.says().to_owned()) } else { press }
    }

    /// The script runs on Bob's page. `is_bob` says whether the portal answers its request as Bob's.
    pub fn run(&mut self, guess: Guess, is_bob: bool) -> PressResult {
        let Some(place) = self.place else { return PressResult::Missing(NOT_LOGGED_IN.to_owned()) };
        if !is_bob {
            return PressResult::Missing(
                "Bob is not logged in any more: his token is gone or has expired. Log in as Bob again.".to_owned(),
            );
        }
        match guess.judge(place) {
            Ok(()) => {
                self.has_run = true;
                self.step_done(2, "Both predictions are right. Now Bob closes the page. What is left to Mallory?")
            }
            Err(hint) => {
                self.has_run = false;
                PressResult::Wrong(hint.to_owned())
            }
        }
    }

    /// The result of a step that is not the last one at its place.
    fn step_done(&self, number: usize, says: &str) -> PressResult {
        let counted = if self.count() == 0 { String::new() } else { format!("{} ", self.counted()) };
        PressResult::Step(format!("This was step {number} of 3 at this place. {counted}{says}"))
    }

    /// How many places are done.
    fn counted(&self) -> String {
        format!("{} of {} places done.", self.count(), Place::ALL.len())
    }

    /// Mallory sends a request from her own machine, with what the script took. `is_let_in` is the portal's answer.
    pub fn replay(&mut self, is_let_in: bool) -> PressResult {
        let Some(place) = self.place else { return PressResult::Missing(NOT_LOGGED_IN.to_owned()) };
        if !self.has_run {
            return PressResult::Missing(
                "Run the script first, with the right answers to both questions. Then Mallory has what it took."
                    .to_owned(),
            );
        }
        if is_let_in != place.is_readable() {
            return PressResult::Missing(
                "The portal refuses the stolen token, because it has expired or is not the one that the script took. Log \
                 in as Bob again."
                    .to_owned(),
            );
        }
        let is_new = !self.done.contains(&place);
        if is_new {
            self.done.push(place);
        }
        *self = Self { done: std::mem::take(&mut self.done), ..Self::default() };
        let counted = self.counted();
        let says = if is_let_in {
            "The token works on Mallory's machine too, until it expires."
        } else {
            "Mallory has nothing to send: with the page, her script is gone too."
        };
        if self.count() == Place::ALL.len() {
            return PressResult::Solved(format!(
                "{counted} {says} No place stops the script while the page is open; two of them keep the token from it."
            ));
        }
        let next = self.next().title();
        if is_new {
            PressResult::Step(format!("{counted} {says} Next: *{next}*."))
        } else {
            PressResult::Note(format!("You have done this place already. {counted} {says} Next: *{next}*."))
        }
    }
}

const NOT_LOGGED_IN: &str = "Bob is not logged in. Choose a place, and press *Log in as Bob*.";

#[cfg(test)]
mod tests {
    use super::*;

    const YES: Guess = Guess { takes: Some(true), sends: Some(true) };
    const NO: Guess = Guess { takes: Some(false), sends: Some(true) };

    fn right(place: Place) -> Guess {
        if place.is_readable() { YES } else { NO }
    }

    #[test]
    fn the_four_places_are_done_by_login_run_and_replay() {
        let mut work = Work::default();
        for (count, place) in (1..).zip(Place::ALL) {
            assert_eq!(work.next(), place);
            assert!(!work.log_in(place, "id".to_owned()).is_wrong());
            assert!(!work.run(right(place), true).is_wrong(), "{place:?}");
            assert_eq!(Work::parse(&work.text()), work, "what the session keeps is read back");
            let press = work.replay(place.is_readable());
            assert!(press.says().starts_with(&format!("{count} of 4 places done.")), "{press:?}");
            assert_eq!(press.is_solved(), count == 4);
            assert_eq!(work.place, None);
        }
    }

    #[test]
    fn each_step_says_what_is_done_and_what_is_left() {
        let mut work = Work::default();
        for (says, counted) in
            [("1 of 4 places done.", ""), ("You have done this place already. 1 of 4 places", " 1 of 4 places done.")]
        {
            let place = Place::Storage;
            let press = work.log_in(place, "id".to_owned());
            assert!(
                press.says().starts_with(&format!("This was step 1 of 3 at this place.{counted} Bob is")),
                "{press:?}"
            );
            let press = work.run(right(place), true);
            assert!(
                press.says().starts_with(&format!("This was step 2 of 3 at this place.{counted} Both")),
                "{press:?}"
            );
            let press = work.replay(true);
            assert!(
                press.says().starts_with(says) && press.says().ends_with("Next: *A readable cookie*."),
                "{press:?}"
            );
            assert_eq!(
                matches!(press, PressResult::Note(_)),
                !counted.is_empty(),
                "a place that was done before is no step"
            );
        }
    }

    #[test]
    fn a_wrong_prediction_gets_a_hint_about_itself_and_nothing_counts() {
        for (place, guess, hint) in [
            (Place::Storage, NO, "cannot take the token. Look at its loot."),
            (Place::Readable, NO, "cannot take the token"),
            (Place::HttpOnly, YES, "what does the browser show"),
            (Place::Backend, YES, "what does the browser show"),
            (Place::Backend, Guess { sends: Some(false), ..NO }, "whose request"),
            (Place::Storage, Guess { sends: None, ..YES }, "both questions"),
            (Place::Storage, Guess::default(), "both questions"),
        ] {
            let mut work = Work::default();
            let _ = work.log_in(place, "id".to_owned());
            let press = work.run(guess, true);
            assert!(press.is_wrong() && press.says().contains(hint), "{place:?} {guess:?}: {press:?}");
            assert!(work.replay(place.is_readable()).is_wrong() && work.count() == 0);
        }
    }

    #[test]
    fn steps_in_another_order_are_named() {
        let mut work = Work::default();
        assert!(work.run(YES, true).says().contains("Choose a place"));
        assert!(work.replay(true).says().contains("Choose a place"));
        let _ = work.log_in(Place::Storage, "id".to_owned());
        assert!(work.replay(true).says().contains("Run the script first"));
        assert!(work.run(YES, false).says().contains("not logged in any more"));
        let _ = work.run(YES, true);
        assert!(work.replay(false).says().contains("expired"));
        assert_eq!((work.count(), work.has_run()), (0, true), "the run still counts");
        assert_eq!(Work::parse("zz|q"), Work::default());
    }
}
