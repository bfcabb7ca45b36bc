//! Log in with a code: the authorization code flow, and four attacks on it. Each attack succeeds against a careless
//! portal or issuer, and fails against one that compares what it must.

use std::fmt;

use url::form_urlencoded;

use super::hints::Open;

/// An attack on the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    MissingState,
    StolenCode,
    MixUp,
    OpenRedirect,
}

/// Who is attacked: a program that leaves out one comparison, or one that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Careless,
    Right,
}

/// What Mallory may do.
pub struct Choice {
    pub value: &'static str,
    pub says: &'static str,
    /// Why it wins nothing; `None` if it is the attack.
    pub hint: Option<&'static str>,
}

impl Attack {
    pub const ALL: [Self; 4] = [Self::MissingState, Self::StolenCode, Self::MixUp, Self::OpenRedirect];

    /// What the form sends for it.
    pub const fn value(self) -> &'static str {
        match self {
            Self::MissingState => "state",
            Self::StolenCode => "code",
            Self::MixUp => "mix-up",
            Self::OpenRedirect => "redirect",
        }
    }

    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attack| attack.value() == text)
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::MissingState => "A login that Bob did not begin",
            Self::StolenCode => "A stolen code",
            Self::MixUp => "Two issuers mixed up",
            Self::OpenRedirect => "A code that goes to another address",
        }
    }

    /// The scene, in a sentence or a few. A pair of backticks marks what is code.
    pub const fn scene(self) -> &'static str {
        match self {
            Self::MissingState => {
                "Mallory begins a login in her own browser, and logs in as herself. She stops before her browser opens the portal's redirect URI. Then she sends Bob a link."
            }
            Self::StolenCode => {
                "Bob logs in, and his code is in an address. The portal's server writes addresses to its log. Mallory reads that log, finds Bob's code, and is faster than the portal. She sends his code to the token endpoint."
            }
            Self::MixUp => {
                "In a mix-up, a portal takes the answer of one issuer for that of another. This portal accepts two \
                 issuers: the school, and a homework site. The homework site is Mallory's. Bob chooses the homework site, \
                 and the portal sends him there."
            }
            Self::OpenRedirect => {
                "Mallory sends Bob a link to the school's real login page. In it she writes a `redirect_uri` of her own. \
                 Her server is `mallory.example`. The careless issuer accepts every address that begins with \
                 `https://grades.school.example`."
            }
        }
    }

    /// What the form asks.
    pub const fn asks(self) -> &'static str {
        match self {
            Self::MissingState => "Where does the link lead?",
            Self::StolenCode => "What does she send as the code verifier?",
            Self::MixUp => "Where does the homework site send his browser?",
            Self::OpenRedirect => "Her redirect URI",
        }
    }

    /// Empty where Mallory writes something herself.
    pub const fn choices(self) -> &'static [Choice] {
        match self {
            Self::MissingState => &STATE_CHOICES,
            Self::StolenCode => &CODE_CHOICES,
            Self::MixUp => &MIX_UP_CHOICES,
            Self::OpenRedirect => &[],
        }
    }

    /// Why a choice wins nothing against this target; `None` if it is the attack.
    pub fn hint(self, choice: &Choice, target: Target) -> Option<&'static str> {
        match (self, choice.value, target) {
            (Self::MissingState, "invented", Target::Right) => Some(
                "This portal refuses the link by its `state` already, before it asks the issuer. The other portal asks, \
                 and the issuer does not know the code. Mallory needs a code that works.",
            ),
            _ => choice.hint,
        }
    }

    /// Whether more than one thing that Mallory can send is the attack. Then both targets must get the same.
    pub fn has_several(self) -> bool {
        self.choices().is_empty() || self.choices().iter().filter(|choice| choice.hint.is_none()).count() > 1
    }

    /// What is sent to both targets, as a sentence names it.
    pub const fn sent(self) -> &'static str {
        match self {
            Self::MissingState | Self::MixUp => "choice",
            Self::StolenCode => "code verifier",
            Self::OpenRedirect => "redirect URI",
        }
    }

    /// What is attacked, as a sentence names it.
    pub const fn target(self, target: Target) -> &'static str {
        match (self, target) {
            (Self::MissingState, Target::Careless) => "the portal that does not compare state",
            (Self::MissingState, Target::Right) => "the portal that compares state",
            (Self::StolenCode, Target::Careless) => "the issuer without PKCE",
            (Self::StolenCode, Target::Right) => "the issuer with PKCE",
            (Self::MixUp, Target::Careless) => "the portal that ignores iss",
            (Self::MixUp, Target::Right) => "the portal that compares iss",
            (Self::OpenRedirect, Target::Careless) => "the issuer that compares the beginning",
            (Self::OpenRedirect, Target::Right) => "the issuer that compares everything",
        }
    }

    /// What the button for this target says.
    pub const fn button(self, target: Target) -> &'static str {
        match (self, target) {
            (Self::MissingState, Target::Careless) => "Try it on a portal that does not compare state",
            (Self::MissingState, Target::Right) => "Try it on a portal that compares state",
            (Self::StolenCode, Target::Careless) => "Try it on an issuer without PKCE",
            (Self::StolenCode, Target::Right) => "Try it on an issuer with PKCE",
            (Self::MixUp, Target::Careless) => "Try it on a portal that ignores iss",
            (Self::MixUp, Target::Right) => "Try it on a portal that compares iss",
            (Self::OpenRedirect, Target::Careless) => "Try it on an issuer that compares the beginning",
            (Self::OpenRedirect, Target::Right) => "Try it on an issuer that compares everything",
        }
    }

    /// What the attack came to.
    pub const fn outcome(self, target: Target) -> &'static str {
        match (self, target) {
            (Self::MissingState, Target::Careless) => {
                "Bob is logged in as Mallory, and does not notice. The homework that he uploads is in her account now."
            }
            (Self::MissingState, Target::Right) => {
                "This `state` is not the one that the portal gave to Bob's browser. So the portal does not redeem the \
                 code."
            }
            (Self::StolenCode, Target::Careless) => {
                "Mallory has Bob's access token: she can read his grades. The code alone was enough."
            }
            (Self::StolenCode, Target::Right) => {
                "The issuer refuses. The code verifier never was in an address, so no log has it. Only the portal has it."
            }
            (Self::MixUp, Target::Careless) => {
                "The portal believes that the code is from the homework site, and sends it there with the code verifier. \
                 Mallory redeems both at the school: she can read Bob's grades."
            }
            (Self::MixUp, Target::Right) => {
                "`iss` names the school, but the portal had sent Bob to the homework site. So it sends the code nowhere."
            }
            (Self::OpenRedirect, Target::Careless) => {
                "Bob's code goes to Mallory's server, and she redeems it: she can read his grades. She wrote the \
                 challenge in the link too, so PKCE does not stop her."
            }
            (Self::OpenRedirect, Target::Right) => {
                "The issuer shows an error and redirects nobody. Only the one address that the portal registered is \
                 accepted, letter by letter."
            }
        }
    }
}

const STATE_CHOICES: [Choice; 3] = [
    Choice {
        value: "login",
        says: "to the school's login page",
        hint: Some(
            "Bob would log in as himself there, and that is an ordinary login. Which address ends in Mallory's account?",
        ),
    },
    Choice {
        value: "invented",
        says: "to the redirect URI, with an invented code",
        hint: Some("The issuer does not know that code, so Bob sees an error. Mallory needs a code that works."),
    },
    Choice { value: "callback", says: "to the redirect URI, with the code of her own login", hint: None },
];

const CODE_CHOICES: [Choice; 3] = [
    Choice { value: "nothing", says: "nothing", hint: None },
    Choice {
        value: "challenge",
        says: "the challenge, which was in the address of the issuer's login page",
        hint: None,
    },
    Choice { value: "own", says: "a code verifier that she invents", hint: None },
];

const MIX_UP_CHOICES: [Choice; 3] = [
    Choice {
        value: "copy",
        says: "to a copy of the school's login page",
        hint: Some(
            "That is phishing, and Bob can see a wrong address. A mix-up needs no false page. Who gives out codes that \
             open Bob's grades?",
        ),
    },
    Choice {
        value: "own",
        says: "back to the portal, with a code of the homework site",
        hint: Some(
            "Then Bob is logged in with his account at the homework site. Mallory learns nothing about the school's. \
             Whose code does she want?",
        ),
    },
    Choice { value: "school", says: "to the school's real login page, in the portal's name", hint: None },
];

impl Target {
    pub const ALL: [Self; 2] = [Self::Careless, Self::Right];

    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Careless => Self::Right,
            Self::Right => Self::Careless,
        }
    }

    pub const fn value(self) -> &'static str {
        match self {
            Self::Careless => "careless",
            Self::Right => "right",
        }
    }

    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.value() == text)
    }
}

/// What the session keeps of the lesson: how often a login was begun, and which parts are done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Every login has values of its own, which follow from this number.
    pub round: u32,
    pub has_logged_in: bool,
    seen: [[bool; 2]; Attack::ALL.len()],
    /// What was sent last, in an attack where Mallory can send several things. Both issuers must have got the same.
    sent: Option<(Attack, String)>,
}

/// What becomes of an earlier try when something else is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is the same, or nothing was sent before.
    Alike,
    /// Something else went to this issuer, and nothing to the other.
    Changed,
    /// The other issuer got something else, so its try does not count any more.
    Cancels,
}

impl Parts {
    /// The login, and the attacks.
    pub const ALL: usize = 1 + Attack::ALL.len();

    /// Reads what [`Self`] displays. What it does not understand is left out.
    pub fn parse(text: &str) -> Self {
        let mut words = text.split(' ');
        let mut parts = Self { round: words.next().and_then(|word| word.parse().ok()).unwrap_or(0), ..Self::default() };
        for word in words {
            match word.split_once('.') {
                None => parts.has_logged_in |= word == "login",
                Some(("sent", sent)) => parts.sent = parse_sent(sent),
                Some((attack, target)) => {
                    if let (Some(attack), Some(target)) = (Attack::find(attack), Target::find(target)) {
                        parts.add(attack, target);
                    }
                }
            }
        }
        parts
    }

    /// Nothing is done, and the numbers of the logins go on.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { round: self.round, ..Self::default() }
    }

    pub const fn add(&mut self, attack: Attack, target: Target) {
        self.seen[attack as usize][target as usize] = true;
    }

    /// Notes what is sent to this target. A try with something else counts no longer.
    pub fn send(&mut self, attack: Attack, target: Target, what: &str) -> Sent {
        let before = self.sent.as_ref().filter(|(its, _)| *its == attack).map(|(_, what)| what.as_str());
        if !attack.has_several() || self.is_done(attack) || before == Some(what) {
            return Sent::Alike;
        }
        let result = match Target::ALL.map(|it| (it != target) && self.has(attack, it)) {
            [false, false] if self.tries(attack) == 0 => Sent::Alike,
            [false, false] => Sent::Changed,
            _ => Sent::Cancels,
        };
        self.seen[attack as usize] = [false; 2];
        self.sent = Some((attack, what.to_owned()));
        result
    }

    /// What was sent in this attack to one of the two issuers, while the other is left.
    pub fn sent(&self, attack: Attack) -> Option<&str> {
        let is_half_done = self.tries(attack) == 1;
        self.sent.as_ref().filter(|(its, _)| is_half_done && *its == attack).map(|(_, what)| what.as_str())
    }

    pub const fn has(&self, attack: Attack, target: Target) -> bool {
        self.seen[attack as usize][target as usize]
    }

    /// An attack is done when it succeeded against the careless program, and failed against the right one.
    pub fn is_done(&self, attack: Attack) -> bool {
        Target::ALL.into_iter().all(|target| self.has(attack, target))
    }

    /// How many of its two targets an attack was made on.
    pub fn tries(&self, attack: Attack) -> usize {
        Target::ALL.into_iter().filter(|target| self.has(attack, *target)).count()
    }

    /// What each part is, and how far it is: whether it is done, its title, and what is to be added.
    pub fn all(&self) -> Vec<(bool, &'static str, &'static str)> {
        let attack = |attack: Attack| {
            let says = if self.tries(attack) == 1 { "1 of 2 tries done" } else { "" };
            (self.is_done(attack), attack.title(), says)
        };
        let login = (self.has_logged_in, "Bob’s login", "");
        std::iter::once(login).chain(Attack::ALL.map(attack)).collect()
    }

    /// What an attempt came to that did not finish the lesson. One target is half of an attack.
    pub fn after_attempt(&self, attack: Attack) -> String {
        let counted = format!("{} of {} parts done", self.count(), Self::ALL);
        let left = Target::ALL.into_iter().find(|target| !self.has(attack, *target));
        match (left, self.next_attack()) {
            (Some(target), _) => {
                format!("Half of this part is done. Now press *{}*. {counted}.", attack.button(target))
            }
            (None, Some(next)) => format!("{counted}. The next attack: *{}*.", next.title()),
            (None, None) => format!("{counted}."),
        }
    }

    pub fn count(&self) -> usize {
        usize::from(self.has_logged_in) + Attack::ALL.into_iter().filter(|attack| self.is_done(*attack)).count()
    }

    /// What is open after the login: an attack, or its second half.
    pub fn open(&self) -> Open {
        match self.next_attack() {
            Some(attack) if self.tries(attack) == 1 => Open::Part("other"),
            attack => attack.map(Attack::value).into(),
        }
    }

    pub fn are_complete(&self) -> bool {
        self.count() == Self::ALL
    }

    /// The attack that the page shows: the first that is not done, once the login is.
    pub fn next_attack(&self) -> Option<Attack> {
        Attack::ALL.into_iter().find(|attack| !self.is_done(*attack)).filter(|_| self.has_logged_in)
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.round)?;
        if self.has_logged_in {
            f.write_str(" login")?;
        }
        if let Some((attack, what)) = &self.sent {
            let what: String = form_urlencoded::byte_serialize(what.as_bytes()).collect();
            write!(f, " sent.{}.{what}", attack.value())?;
        }
        let all = Attack::ALL.into_iter().flat_map(|attack| Target::ALL.map(|target| (attack, target)));
        let mut seen = all.filter(|(attack, target)| self.has(*attack, *target));
        seen.try_for_each(|(attack, target)| write!(f, " {}.{}", attack.value(), target.value()))
    }
}

/// Reads `attack.what`.
fn parse_sent(text: &str) -> Option<(Attack, String)> {
    let (attack, what) = text.split_once('.')?;
    let (what, _) = form_urlencoded::parse(what.as_bytes()).next()?;
    Some((Attack::find(attack)?, what.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attack_is_done_when_it_succeeded_once_and_failed_once() {
        let mut parts = Parts { has_logged_in: true, ..Parts::default() };
        for (number, attack) in (1..).zip(Attack::ALL) {
            assert_eq!((parts.next_attack(), parts.count()), (Some(attack), number));
            parts.add(attack, Target::Right);
            assert!(!parts.is_done(attack));
            parts.add(attack, Target::Careless);
            assert!(parts.is_done(attack));
        }
        assert!(parts.are_complete() && parts.next_attack().is_none());
        assert!(!Parts { has_logged_in: false, ..parts.clone() }.are_complete());
        assert_eq!(Parts::default().next_attack(), None, "the login comes first");
    }

    #[test]
    fn half_of_an_attack_is_called_half_and_the_count_says_what_is_done() {
        let mut parts = Parts { has_logged_in: true, ..Parts::default() };
        parts.add(Attack::MixUp, Target::Careless);
        assert_eq!(
            parts.after_attempt(Attack::MixUp),
            "Half of this part is done. Now press *Try it on a portal that compares iss*. 1 of 5 parts done."
        );
        assert_eq!(parts.all()[3], (false, "Two issuers mixed up", "1 of 2 tries done"));
        parts.add(Attack::MixUp, Target::Right);
        let says = "2 of 5 parts done. The next attack: *A login that Bob did not begin*.";
        assert_eq!((parts.after_attempt(Attack::MixUp), parts.all()[3].0), (says.to_owned(), true));
        assert_eq!(parts.all().iter().filter(|(is_done, ..)| *is_done).count(), parts.count());
    }

    #[test]
    fn an_attack_with_several_ways_is_done_when_both_issuers_got_the_same() {
        let (own, other) = ("https://grades.school.example@mallory.example/ a", "nothing");
        for attack in [Attack::StolenCode, Attack::OpenRedirect] {
            let mut parts = Parts { has_logged_in: true, ..Parts::default() };
            let mut send = |what, target| {
                let sent = parts.send(attack, target, what);
                parts.add(attack, target);
                parts = Parts::parse(&parts.to_string());
                (sent, parts.is_done(attack), parts.sent(attack).map(str::to_owned))
            };
            assert_eq!(send(own, Target::Careless), (Sent::Alike, false, Some(own.to_owned())));
            assert_eq!(send(other, Target::Careless), (Sent::Changed, false, Some(other.to_owned())));
            assert_eq!(send(own, Target::Right), (Sent::Cancels, false, Some(own.to_owned())));
            assert_eq!(send(own, Target::Careless), (Sent::Alike, true, None));
            assert_eq!(send(other, Target::Careless), (Sent::Alike, true, None), "what is done stays done");
        }
        for attack in [Attack::MissingState, Attack::MixUp] {
            assert_eq!(Parts::default().send(attack, Target::Right, "callback"), Sent::Alike);
        }
    }

    #[test]
    fn what_the_session_keeps_is_read_back_and_the_rest_is_left_out() {
        for text in
            ["0", "3 login", "1 login state.careless", "2 login sent.code.own state.careless state.right mix-up.right"]
        {
            assert_eq!(Parts::parse(text).to_string(), text);
        }
        for (text, means) in [("", "0"), ("x login", "0 login"), ("1 solved state. .right code.all", "1")] {
            assert_eq!(Parts::parse(text).to_string(), means);
        }
    }

    #[test]
    fn every_attack_can_be_made_and_every_other_choice_has_a_hint_of_its_own() {
        for attack in Attack::ALL {
            let choices = attack.choices();
            assert!(choices.is_empty() || choices.iter().any(|choice| choice.hint.is_none()), "{}", attack.value());
            let mut hints: Vec<_> = choices.iter().filter_map(|choice| choice.hint).collect();
            let count = hints.len();
            hints.dedup();
            assert_eq!(hints.len(), count);
            assert_eq!(Attack::find(attack.value()), Some(attack));
        }
    }
}
