//! Session fixation: Mallory chooses the session in which Bob's browser works, and Bob fills it.
//!
//! Four rounds. In two of them Mallory plants a session id before Bob logs in, at a portal that keeps the id and at one
//! that renews it. In the other two she plants a token of her own account, at a portal that accepts a login form from
//! any page and at one that accepts only its own.

use super::hints::Open;
use super::press::PressResult;

/// The cookie with the portal's session id.
pub const SESSION: &str = "lab-fixed-session";
/// The cookie with the portal's token.
pub const TOKEN: &str = "lab-fixed-token";
/// The most characters of a draft.
pub const LONGEST_DRAFT: usize = 60;

const BOB: &str = "bob";
pub const MALLORY: &str = "mallory";
/// The owner of a session in which nobody has logged in.
const NOBODY: &str = "nobody";

/// A portal, and what Mallory does to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// The portal keeps the session id at the login.
    Keeps,
    /// It gives a new one.
    Renews,
    /// It accepts a login form from any page.
    Takes,
    /// It accepts only a form that it gave to this browser.
    Asks,
}

impl Round {
    pub const ALL: [Self; 4] = [Self::Keeps, Self::Renews, Self::Takes, Self::Asks];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Keeps => "a portal that keeps the session id at the login",
            Self::Renews => "a portal that gives a new session id at the login",
            Self::Takes => "a portal that accepts a login form from any page",
            Self::Asks => "a portal that accepts only its own login form",
        }
    }

    /// Whether Mallory plants a session id in it, and not a token.
    pub fn is_about_ids(self) -> bool {
        matches!(self, Self::Keeps | Self::Renews)
    }

    /// What the table says of it once it is done.
    pub const fn result(self) -> (bool, &'static str) {
        match self {
            Self::Keeps => (false, "Mallory’s copy of the id is Bob’s session"),
            Self::Renews => (true, "Mallory’s copy of the id is worth nothing"),
            Self::Takes => (false, "Bob’s draft is in Mallory’s account"),
            Self::Asks => (true, "Mallory’s form is refused"),
        }
    }

    const fn letter(self) -> &'static str {
        match self {
            Self::Keeps => "k",
            Self::Renews => "r",
            Self::Takes => "t",
            Self::Asks => "a",
        }
    }
}

/// What Mallory finds at the end of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The portal takes her for this user.
    Session(String),
    /// The portal does not know her id.
    NoSession,
    /// Her account holds this draft.
    Draft(String),
    /// Her account is empty.
    NoDraft,
}

/// The lesson's portal: what it keeps, and which rounds are done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FixationState {
    done: Vec<Round>,
    /// The id that Mallory got and kept.
    mallory: String,
    /// The table of sessions: each id and its user.
    sessions: Vec<(String, String)>,
    /// Whether Mallory's login form was sent in this round.
    was_sent: bool,
    /// In whose account the draft is, and what it says.
    draft: Option<(String, String)>,
}

impl FixationState {
    /// Reads what [`Self::text`] writes. What it cannot read is left out.
    pub fn parse(text: &str) -> Self {
        let fields: Vec<&str> = text.splitn(6, '|').collect();
        let [done, mallory, sessions, was_sent, owner, draft] = fields[..] else { return Self::default() };
        let pair = |entry: &str| entry.split_once(':').map(|(id, user)| (id.to_owned(), user.to_owned()));
        Self {
            done: Round::ALL.into_iter().filter(|round| done.contains(round.letter())).collect(),
            mallory: mallory.to_owned(),
            sessions: sessions.split(',').filter_map(pair).collect(),
            was_sent: !was_sent.is_empty(),
            draft: (!owner.is_empty()).then(|| (owner.to_owned(), draft.to_owned())),
        }
    }

    pub fn text(&self) -> String {
        let done: String = self.done.iter().map(|round| round.letter()).collect();
        let sessions: Vec<String> = self.sessions.iter().map(|(id, user)| format!("{id}:{user}")).collect();
        let was_sent = if self.was_sent { "s" } else { "" };
        let (owner, draft) = self.draft.clone().unwrap_or_default();
        format!("{done}|{}|{}|{was_sent}|{owner}|{draft}", self.mallory, sessions.join(","))
    }

    /// The round that is next; the last one once all are done.
    pub fn round(&self) -> Round {
        Round::ALL.into_iter().find(|round| !self.has(*round)).unwrap_or(Round::Asks)
    }

    /// The step that the hints are about. `user` is who is logged in with the token that Bob's browser has.
    pub fn open(&self, user: Option<&str>) -> Open {
        Open::Part(match self.round() {
            _ if self.count() == Round::ALL.len() => return Open::Nothing,
            Round::Keeps => "keeps",
            Round::Renews => "renews",
            _ if self.draft_is_ready() => "read",
            Round::Takes if user != Some(MALLORY) => "takes-form",
            Round::Asks if !self.was_sent => "asks-form",
            Round::Asks if user.is_none() => "asks-login",
            Round::Takes | Round::Asks => "write",
        })
    }

    pub fn has(&self, round: Round) -> bool {
        self.done.contains(&round)
    }

    pub fn count(&self) -> usize {
        self.done.len()
    }

    /// The id that Mallory keeps; empty before she has one.
    pub fn mallory(&self) -> &str {
        &self.mallory
    }

    /// Whether Mallory's login form was sent in this round.
    pub const fn was_sent(&self) -> bool {
        self.was_sent
    }

    /// Whether there is a draft that ends the round when Mallory looks for it.
    pub fn draft_is_ready(&self) -> bool {
        let owner = self.draft.as_ref().map(|(owner, _)| owner.as_str());
        match self.round() {
            Round::Takes => owner == Some(MALLORY),
            _ => owner.is_some() && self.was_sent,
        }
    }

    fn bob_is_logged_in(&self) -> bool {
        self.sessions.iter().any(|(_, user)| user == BOB)
    }

    /// Whether Bob logged in with the id that Mallory keeps. Then her copy ends the round.
    pub fn copy_was_used(&self) -> bool {
        !self.mallory.is_empty() && self.user_of(&self.mallory) != Some(NOBODY)
    }

    fn user_of(&self, id: &str) -> Option<&str> {
        self.sessions.iter().find(|(its, _)| its == id).map(|(_, user)| user.as_str())
    }

    /// Mallory opens the portal, which gives her a session in which nobody is logged in.
    pub fn give_id(&mut self, id: String) -> PressResult {
        self.sessions = vec![(id.clone(), NOBODY.to_owned())];
        let says = format!("The portal gave Mallory the session id `{id}`. Nobody is logged in with it yet.");
        let is_first = self.mallory.is_empty();
        self.mallory = id;
        if is_first {
            PressResult::Step(says)
        } else {
            PressResult::Note(format!("{says} She forgets the one before."))
        }
    }

    /// The id that Bob's browser gets from Mallory.
    pub fn plant(&self) -> Result<String, PressResult> {
        if self.mallory.is_empty() {
            return Err(PressResult::Missing("Mallory has no id yet. Press *Get a session id* first.".to_owned()));
        }
        Ok(self.mallory.clone())
    }

    /// Bob logs in. `sent_id` is the id that his browser sent. Returns the id that the portal sets; `None` if the
    /// browser keeps its own.
    pub fn log_in(&mut self, sent_id: Option<&str>, new: String) -> (Option<String>, PressResult) {
        let known = sent_id.filter(|id| self.user_of(id).is_some()).map(str::to_owned);
        let is_planted = known.as_deref().is_some_and(|id| id == self.mallory);
        let (set, says) = self.logged_in(known, new);
        if is_planted {
            return (set, PressResult::Step(says));
        }
        let first = if self.mallory.is_empty() { "Press *Get a session id*" } else { "Press *Plant the id*" };
        (set, PressResult::Missing(format!("{says} But Mallory has planted nothing in his browser yet. {first}.")))
    }

    /// What a login does to the table of sessions: the id that the portal sets, and what is said.
    fn logged_in(&mut self, known: Option<String>, new: String) -> (Option<String>, String) {
        match (known, self.round()) {
            (Some(id), Round::Keeps) => {
                self.sessions.retain(|(its, _)| *its != id);
                self.sessions.push((id.clone(), BOB.to_owned()));
                (None, format!("Bob is logged in. The portal kept the id that his browser sent: `{id}`."))
            }
            (known, _) => {
                self.sessions.retain(|(its, user)| Some(its) != known.as_ref() && user != BOB);
                self.sessions.push((new.clone(), BOB.to_owned()));
                let says = match known {
                    Some(id) => {
                        format!("Bob is logged in. The portal ended the session `{id}` and gave him a new one.")
                    }
                    None => "Bob is logged in. His browser sent no id, so the portal gave him one.".to_owned(),
                };
                (Some(new), says)
            }
        }
    }

    /// Mallory sends a request with her copy of the id. `is_planted` says whether Bob's browser has that id now.
    pub fn use_copy(&mut self, is_planted: bool) -> (Option<Found>, PressResult) {
        if self.mallory.is_empty() {
            return (None, PressResult::Missing("Mallory has no id yet. Press *Get a session id* first.".to_owned()));
        }
        let user = self.user_of(&self.mallory).map(str::to_owned);
        match user.as_deref() {
            Some(BOB) => {
                let says = "Mallory's copy works: the portal takes her for Bob. It never asked who had the id before.";
                (Some(Found::Session(BOB.to_owned())), self.end(says))
            }
            Some(_) => (None, PressResult::Missing(self.not_used(is_planted).to_owned())),
            None => {
                let says = "Mallory's copy is worth nothing: the portal ended that session at Bob's login.";
                (Some(Found::NoSession), self.end(says))
            }
        }
    }

    fn not_used(&self, is_planted: bool) -> &'static str {
        if self.bob_is_logged_in() && is_planted {
            "Mallory's copy is still a session of nobody. Bob logged in with another id, before you planted hers. It is \
             planted now: let him log in again."
        } else if self.bob_is_logged_in() {
            "Mallory's copy is still a session of nobody. Bob logged in with another id, because his browser did not have \
             Mallory's id. Plant the id before he logs in."
        } else {
            "Mallory's copy is a session of nobody. Bob has not logged in with it yet."
        }
    }

    /// Mallory's page makes Bob's browser send the login form, with her own name and password. The answer says whether
    /// the portal logs that browser in.
    pub fn send_form(&mut self) -> (bool, PressResult) {
        let was_sent = std::mem::replace(&mut self.was_sent, true);
        let (is_taken, says) = match self.round() {
            Round::Asks => (
                false,
                "The portal refused Mallory's form: the form lacks the portal's anti-CSRF token. Bob's browser is not logged in.",
            ),
            _ => (
                true,
                "Bob's browser is logged in to Mallory's account. The page looks as always, so he does not notice.",
            ),
        };
        let press = if was_sent { PressResult::Note } else { PressResult::Step };
        (is_taken, press(says.to_owned()))
    }

    /// Bob saves a draft. `owner` is the user whom the portal takes his browser for.
    pub fn write(&mut self, owner: Option<&str>, text: &str) -> PressResult {
        let text = text.trim();
        let Some(owner) = owner else {
            let first = match self.round() {
                Round::Asks if self.was_sent => "Press *Log in as Bob* first.",
                _ => "Press *Send Mallory’s login form* first.",
            };
            return PressResult::Missing(format!(
                "Bob's browser is not logged in, so the portal saves nothing. {first}"
            ));
        };
        if text.is_empty() {
            return PressResult::Missing("Write something into the draft first.".to_owned());
        }
        self.draft = Some((owner.to_owned(), text.to_owned()));
        PressResult::Step("The portal saved the draft in the account of the token that Bob's browser sent.".to_owned())
    }

    /// Mallory looks into her account.
    pub fn read(&mut self) -> (Option<Found>, PressResult) {
        let Some((owner, text)) = self.draft.clone() else {
            return (
                None,
                PressResult::Missing("Bob has not saved a draft yet, so there is nothing to find.".to_owned()),
            );
        };
        match (self.round(), owner == MALLORY) {
            (Round::Takes, true) => {
                let says = "Bob's draft is in Mallory's account. She stole nothing: Bob brought it to her.";
                (Some(Found::Draft(text)), self.end(says))
            }
            (Round::Takes, false) => {
                let says = "Mallory's account is empty. Bob's browser was not logged in to it when he wrote. Send \
                            Mallory's login form, and then save the draft again.";
                (Some(Found::NoDraft), PressResult::Missing(says.to_owned()))
            }
            (_, _) if !self.was_sent => {
                let says = "Mallory's account is empty, but she did not attack. Send her login form first.";
                (Some(Found::NoDraft), PressResult::Missing(says.to_owned()))
            }
            (_, _) => {
                let says = "Mallory's account is empty: the portal took only the login form that it had given to Bob.";
                (Some(Found::NoDraft), self.end(says))
            }
        }
    }

    /// Counts the round, and begins the next one with nothing left of it.
    fn end(&mut self, says: &str) -> PressResult {
        let round = self.round();
        let mut done = std::mem::take(&mut self.done);
        if !done.contains(&round) {
            done.push(round);
        }
        *self = Self { done, ..Self::default() };
        let (count, all) = (self.count(), Round::ALL.len());
        let counted = format!("{count} of {all} rounds done. {says}");
        if count == all {
            return PressResult::Solved(counted);
        }
        PressResult::Step(format!("{counted} Now round {} begins. It is about {}.", count + 1, self.round().title()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A portal at this round, after what comes before it.
    fn at(round: Round) -> FixationState {
        let done = Round::ALL.into_iter().take_while(|it| *it != round).collect();
        FixationState { done, ..FixationState::default() }
    }

    fn planted(round: Round) -> (FixationState, String) {
        let mut portal = at(round);
        let _ = portal.give_id("aa".to_owned());
        let id = portal.plant().unwrap();
        (portal, id)
    }

    #[test]
    fn a_portal_that_keeps_the_id_lets_mallory_into_bob_s_session() {
        let (mut portal, id) = planted(Round::Keeps);
        let (set, press) = portal.log_in(Some(&id), "bb".to_owned());
        assert!(set.is_none() && !press.is_wrong(), "{press:?}");
        let (found, press) = portal.use_copy(false);
        assert_eq!(found, Some(Found::Session(BOB.to_owned())));
        assert!(press.says().starts_with("1 of 4 rounds done. Mallory's copy works"), "{press:?}");
        assert!(
            press
                .says()
                .ends_with("Now round 2 begins. It is about a portal that gives a new session id at the login.")
        );
        assert_eq!((portal.round(), portal.mallory()), (Round::Renews, ""));
    }

    #[test]
    fn a_portal_that_renews_the_id_makes_the_copy_worthless() {
        let (mut portal, id) = planted(Round::Renews);
        assert_eq!(portal.log_in(Some(&id), "bb".to_owned()).0.as_deref(), Some("bb"));
        assert_eq!(portal.user_of("bb"), Some(BOB));
        let (found, press) = portal.use_copy(false);
        assert_eq!(found, Some(Found::NoSession));
        assert!(press.says().starts_with("2 of 4 rounds done."), "{press:?}");
    }

    #[test]
    fn a_copy_shows_nothing_before_bob_logged_in_with_the_planted_id() {
        for round in [Round::Keeps, Round::Renews] {
            let mut portal = at(round);
            let first = portal.log_in(None, "cc".to_owned()).1;
            assert!(
                first.is_wrong() && first.says().contains("Mallory has planted nothing in his browser yet. Press *Get")
            );
            assert!(portal.plant().is_err() && portal.use_copy(false).1.is_wrong(), "Mallory has no id");
            let _ = portal.give_id("aa".to_owned());
            assert!(portal.use_copy(false).1.says().contains("has not logged in"));
            for came in [None, Some("zz")] {
                assert_eq!(portal.log_in(came, "bb".to_owned()).0.as_deref(), Some("bb"));
                let press = portal.use_copy(false).1;
                assert!(press.is_wrong() && press.says().contains("another id"), "{press:?}");
            }
            assert_eq!(portal.round(), round);
        }
    }

    #[test]
    fn a_login_form_that_anybody_may_send_puts_bob_s_draft_into_mallory_s_account() {
        let mut portal = at(Round::Takes);
        assert!(portal.read().1.says().contains("not saved a draft"));
        assert!(portal.write(None, "x").is_wrong() && portal.write(Some(BOB), " ").is_wrong());
        assert!(!portal.write(Some(BOB), "x").is_wrong());
        assert!(portal.read().1.says().contains("was not logged in to it"));
        assert!(portal.send_form().0);
        let _ = portal.write(Some(MALLORY), " I was ill | sorry ");
        let portal_again = FixationState::parse(&portal.text());
        assert_eq!(portal_again, portal, "what the session keeps is read back");
        assert_eq!(portal.read().0, Some(Found::Draft("I was ill | sorry".to_owned())));
    }

    #[test]
    fn a_login_form_of_the_portal_s_own_ends_the_last_round_once_mallory_s_was_refused() {
        let mut portal = at(Round::Asks);
        let _ = portal.write(Some(BOB), "x");
        assert!(portal.read().1.says().contains("she did not attack"));
        assert!(!portal.send_form().0);
        let (found, press) = portal.read();
        assert_eq!(found, Some(Found::NoDraft));
        assert!(press.is_solved() && press.says().starts_with("4 of 4 rounds done."), "{press:?}");
    }

    #[test]
    fn the_hints_follow_the_steps_of_the_rounds_with_a_login_form() {
        let mut portal = at(Round::Takes);
        assert_eq!(portal.open(None), Open::Part("takes-form"));
        let _ = portal.send_form();
        assert_eq!((portal.open(Some(MALLORY)), portal.open(None)), (Open::Part("write"), Open::Part("takes-form")));
        let _ = portal.write(Some(MALLORY), "x");
        assert_eq!(portal.open(Some(MALLORY)), Open::Part("read"));
        let _ = portal.read();
        assert_eq!(portal.open(None), Open::Part("asks-form"));
        let _ = portal.send_form();
        assert_eq!((portal.open(None), portal.open(Some(BOB))), (Open::Part("asks-login"), Open::Part("write")));
        let _ = portal.write(Some(BOB), "x");
        assert_eq!(portal.open(Some(BOB)), Open::Part("read"));
        let _ = portal.read();
        assert_eq!(portal.open(None), Open::Nothing);
    }

    #[test]
    fn a_text_that_is_no_portal_is_an_empty_one() {
        for text in ["", "k", "|||", "zz|||||"] {
            assert_eq!(FixationState::parse(text), FixationState::default(), "{text}");
        }
        assert_eq!(FixationState::parse("kr|aa|aa:bob,x|||").text(), "kr|aa|aa:bob|||");
    }
}
