//! Forms from elsewhere, part two: five defences against a form that Mallory's page sends, each attacked from another
//! site and from a neighbour of the portal.
//!
//! A portal judges what came by its one defence. It does not matter whether a browser sent it or [`simulated`] made it
//! by the rules that browsers follow.

use super::hints::Open;
use super::press::PressResult;

pub const PAGE: &str = "/lab/lessons/cross-site-forms-part-two";
/// The address that takes the form of every page. It does nothing with it.
pub const TARGET: &str = "/lab/lessons/cross-site-forms-part-two/undefended";

/// The cookie that says that Admin is logged in. It comes with every form, so that it is the defence that decides.
pub const SESSION: &str = "lab-two-session";
/// The session cookie of the portal whose defence is `SameSite=Strict`.
const STRICT: &str = "lab-two-strict";
/// Mallory is a pupil, and has a session of her own.
const MALLORY: &str = "mallory";

/// What one portal does against a form of another page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defence {
    Strict,
    Double,
    Bound,
    Synchroniser,
    Prefix,
}

impl Defence {
    pub const ALL: [Self; 5] = [Self::Strict, Self::Double, Self::Bound, Self::Synchroniser, Self::Prefix];

    /// What forms send for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Double => "double",
            Self::Bound => "bound",
            Self::Synchroniser => "synchroniser",
            Self::Prefix => "prefix",
        }
    }

    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// What its button and its row say.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Strict => "SameSite=Strict",
            Self::Double => "Plain double submit",
            Self::Bound => "Signed double submit",
            Self::Synchroniser => "Synchroniser token",
            Self::Prefix => "Double submit with __Host-",
        }
    }

    /// What the portal asks for.
    pub const fn says(self) -> &'static str {
        match self {
            Self::Strict => "The session cookie is `SameSite=Strict`. The portal asks for nothing else.",
            Self::Double => "A cookie and a field of the form must have the same random value.",
            Self::Bound => "The same, and the value is signed together with the session id.",
            Self::Synchroniser => "The field must have the token that the server keeps with this session.",
            Self::Prefix => "Plain double submit, and the name of the cookie begins with `__Host-`.",
        }
    }

    /// The cookie that this portal looks at, beside the session.
    pub const fn cookie(self) -> Option<&'static str> {
        match self {
            Self::Strict => Some(STRICT),
            Self::Double => Some("lab-two-double"),
            Self::Bound => Some("lab-two-bound"),
            Self::Synchroniser => None,
            Self::Prefix => Some("__Host-lab-two"),
        }
    }

    /// What Mallory writes into the field of the token: a value that she knows, or the token of her own session.
    pub fn field(self, mac: Mac<'_>) -> String {
        match self {
            Self::Strict => String::new(),
            Self::Double | Self::Prefix => MALLORY.to_owned(),
            Self::Bound => bound_token(MALLORY, MALLORY, mac),
            Self::Synchroniser => synchroniser_token(MALLORY, mac),
        }
    }
}

/// Where Mallory's page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attacker {
    OtherSite,
    Neighbour,
}

impl Attacker {
    pub const ALL: [Self; 2] = [Self::OtherSite, Self::Neighbour];

    pub const fn name(self) -> &'static str {
        match self {
            Self::OtherSite => "other-site",
            Self::Neighbour => "neighbour",
        }
    }

    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    pub const fn says(self) -> &'static str {
        match self {
            Self::OtherSite => "from another site",
            Self::Neighbour => "from a neighbour",
        }
    }
}

/// Computes what only the portal can compute of a text.
pub type Mac<'m> = &'m dyn Fn(&str) -> String;

/// The token of a signed double submit: a random value, and what the portal computes of it and the session.
fn bound_token(session: &str, random: &str, mac: Mac<'_>) -> String {
    format!("{random}.{}", mac(&format!("bound {session} {random}")))
}

/// A real portal keeps a random token in its table of sessions. This one computes it, because it has no table.
fn synchroniser_token(session: &str, mac: Mac<'_>) -> String {
    mac(&format!("synchroniser {session}"))
}

/// What Admin's browser gets at the login, with the portal's path and an hour.
pub fn login_lines(session: &str, random: &str, mac: Mac<'_>) -> [String; 5] {
    let [strict, double, bound, prefix] =
        [Defence::Strict, Defence::Double, Defence::Bound, Defence::Prefix].map(|it| it.cookie().unwrap_or_default());
    let rest = format!("HttpOnly; Path={PAGE}; Max-Age=3600");
    let token = bound_token(session, random, mac);
    [
        format!("{SESSION}={session}; SameSite=None; Secure; {rest}"),
        format!("{strict}={session}; SameSite=Strict; {rest}"),
        format!("{double}={random}; SameSite=None; Secure; {rest}"),
        format!("{bound}={token}; SameSite=None; Secure; {rest}"),
        format!("{prefix}={random}; SameSite=None; Secure; HttpOnly; Path=/; Max-Age=3600"),
    ]
}

/// What the neighbour's page sets for the domain that it shares with the portal. The longer path comes first in a
/// request. Browsers refuse the last line.
pub fn tossed_lines(domain: &str, mac: Mac<'_>) -> [String; 3] {
    [Defence::Double, Defence::Bound, Defence::Prefix].map(|defence| {
        let path = if defence == Defence::Prefix { "/" } else { TARGET };
        let (cookie, value) = (defence.cookie().unwrap_or_default(), defence.field(mac));
        format!("{cookie}={value}; Domain={domain}; Path={path}; Secure; SameSite=Lax; Max-Age=3600")
    })
}

/// What came to a portal with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The session that the cookie [`SESSION`] names.
    pub session: Option<String>,
    /// The first value of the cookie that the defence looks at.
    pub cookie: Option<String>,
    /// The token in the form.
    pub field: String,
}

/// What the portal did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    CarriedOut,
    /// The session cookie of this portal did not come.
    NoSession,
    /// Cookie and field are not the same.
    Differs,
    /// The token belongs to another session.
    OfAnother,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::CarriedOut, Self::NoSession, Self::Differs, Self::OfAnother];

    /// What the visitor's session keeps for it.
    const fn letter(self) -> char {
        match self {
            Self::CarriedOut => 'x',
            Self::NoSession => 's',
            Self::Differs => 'd',
            Self::OfAnother => 'a',
        }
    }

    pub fn is_blocked(self) -> bool {
        self != Self::CarriedOut
    }

    pub const fn says(self) -> &'static str {
        match self {
            Self::CarriedOut => "carried out",
            Self::NoSession => "no session came",
            Self::Differs => "cookie and field differ",
            Self::OfAnother => "token of another session",
        }
    }

    /// Why the portal did so.
    pub const fn because(self, defence: Defence) -> &'static str {
        match (self, defence) {
            (Self::CarriedOut, Defence::Strict) => {
                "The neighbour belongs to the same site, so the browser sent the `SameSite=Strict` cookie."
            }
            (Self::CarriedOut, _) => {
                "Mallory set the cookie for the whole domain, and wrote the same value into the form. The portal compared \
                 the two and found them equal."
            }
            (Self::NoSession, _) => {
                "The browser did not send the session cookie, so the portal does not know who asks."
            }
            (Self::Differs, Defence::Prefix) => {
                "The cookie has the portal's own random value. No other host can set a cookie with this prefix."
            }
            (Self::Differs, _) => "Mallory does not know the value in Admin's cookie, so her field has another one.",
            (Self::OfAnother, Defence::Bound) => {
                "The portal signed this token for Mallory's session, and the form came with Admin's."
            }
            (Self::OfAnother, _) => "The portal keeps another token with Admin's session.",
        }
    }
}

/// What the portal with this defence does. `None` if Admin is not logged in, so that nothing is shown.
pub fn outcome(defence: Defence, received: &Received, mac: Mac<'_>) -> Option<Outcome> {
    let session = received.session.as_deref()?;
    let Received { cookie, field, .. } = received;
    let is_same = cookie.as_ref() == Some(field);
    Some(match defence {
        Defence::Strict if cookie.is_some() => Outcome::CarriedOut,
        Defence::Strict => Outcome::NoSession,
        Defence::Synchroniser if *field == synchroniser_token(session, mac) => Outcome::CarriedOut,
        Defence::Synchroniser => Outcome::OfAnother,
        _ if !is_same => Outcome::Differs,
        Defence::Bound if !is_bound_to(field, session, mac) => Outcome::OfAnother,
        _ => Outcome::CarriedOut,
    })
}

fn is_bound_to(token: &str, session: &str, mac: Mac<'_>) -> bool {
    token.split_once('.').is_some_and(|(random, _)| bound_token(session, random, mac) == token)
}

/// What a browser sends by its rules, where none can be asked: another site's form brings no `Strict` cookie, a
/// neighbour's does; a neighbour may set a cookie for the common domain, but none whose name begins with `__Host-`.
pub fn simulated(defence: Defence, attacker: Attacker, mac: Mac<'_>) -> Received {
    let (session, random) = ("admin", "0a1b2c3d");
    let own = match defence {
        Defence::Strict => (attacker == Attacker::Neighbour).then(|| session.to_owned()),
        Defence::Double | Defence::Prefix => Some(random.to_owned()),
        Defence::Bound => Some(bound_token(session, random, mac)),
        Defence::Synchroniser => None,
    };
    let may_toss = attacker == Attacker::Neighbour && matches!(defence, Defence::Double | Defence::Bound);
    let field = defence.field(mac);
    let cookie = if may_toss { Some(field.clone()) } else { own };
    Received { session: Some(session.to_owned()), cookie, field }
}

/// One attack on one defence, and what the portal did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub defence: Defence,
    pub attacker: Attacker,
    pub outcome: Outcome,
}

impl Shown {
    /// Three letters, which [`Self::parse`] reads.
    pub fn text(self) -> String {
        let letter = |name: &'static str| name.chars().next().unwrap_or_default();
        let defence = if self.defence == Defence::Synchroniser { 'y' } else { letter(self.defence.name()) };
        [defence, letter(self.attacker.name()), self.outcome.letter()].iter().collect()
    }

    pub fn parse(text: &str) -> Option<Self> {
        let of = |defence, attacker| Outcome::ALL.map(|outcome| Self { defence, attacker, outcome });
        let pairs = Defence::ALL.into_iter().flat_map(|defence| Attacker::ALL.map(|attacker| (defence, attacker)));
        pairs.flat_map(|(defence, attacker)| of(defence, attacker)).find(|shown| shown.text() == text)
    }
}

/// The attacks that were tried. Of two tries of one attack, the last counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tried(Vec<Shown>);

impl Tried {
    pub const ALL: usize = Defence::ALL.len() * Attacker::ALL.len();

    pub fn parse(text: &str) -> Self {
        let mut tried = Self::default();
        text.split('.').filter_map(Shown::parse).for_each(|shown| tried.add(shown));
        tried
    }

    pub fn text(&self) -> String {
        self.0.iter().map(|shown| shown.text()).collect::<Vec<_>>().join(".")
    }

    pub fn add(&mut self, shown: Shown) {
        self.0.retain(|it| (it.defence, it.attacker) != (shown.defence, shown.attacker));
        self.0.push(shown);
    }

    pub fn of(&self, defence: Defence, attacker: Attacker) -> Option<Outcome> {
        self.0.iter().find(|it| (it.defence, it.attacker) == (defence, attacker)).map(|it| it.outcome)
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub fn count_of(&self, attacker: Attacker) -> usize {
        self.0.iter().filter(|it| it.attacker == attacker).count()
    }

    pub fn are_complete(&self) -> bool {
        self.count() == Self::ALL
    }

    /// What is open for somebody who has logged in.
    pub fn open(&self) -> Open {
        let has_all_of = |attacker| self.count_of(attacker) == Defence::ALL.len();
        Open::first(&[
            (has_all_of(Attacker::OtherSite), "other-site"),
            (has_all_of(Attacker::Neighbour), "neighbour"),
            (false, "report"),
        ])
    }

    /// What is said when an attack was added.
    pub fn summary(&self) -> String {
        let counted = format!("{} of {} attacks done.", self.count(), Self::ALL);
        match Attacker::ALL.map(|attacker| self.count_of(attacker)) {
            [5, 5] => format!("{counted} Now say which defences hold."),
            [5, _] => format!("{counted} The attacks from the neighbour are next."),
            _ => format!("{counted} The next ones are from Mallory's page on another site."),
        }
    }

    fn holds(&self, defence: Defence) -> bool {
        Attacker::ALL.into_iter().all(|attacker| self.of(defence, attacker).is_some_and(Outcome::is_blocked))
    }

    /// Judges which defences are said to hold against both, by what was seen.
    pub fn judge(&self, said: &[Defence]) -> PressResult {
        let counted = format!("{} of {} attacks done.", self.count(), Self::ALL);
        if !self.are_complete() {
            return PressResult::Missing(format!("{counted} Try the others first: the table shows which are missing."));
        }
        // A defence that is trusted wrongly comes before one that is missing.
        let trusted = Defence::ALL.into_iter().find(|it| said.contains(it) && !self.holds(*it));
        let wrong = trusted.or_else(|| Defence::ALL.into_iter().find(|it| said.contains(it) != self.holds(*it)));
        match wrong {
            None => PressResult::Solved(format!(
                "{counted} These defences hold, wherever Mallory's page is. Two ask for a value that only the portal can make for Admin's session. The third has a cookie that no neighbour can set."
            )),
            Some(defence) if said.contains(&defence) => PressResult::Wrong(format!(
                "{counted} You trust *{}*, but one of the two attacks got through. Read its row.",
                defence.title()
            )),
            Some(_) if said.is_empty() => PressResult::Missing(format!("{counted} Nothing is ticked.")),
            Some(_) => {
                let more = Defence::ALL.into_iter().filter(|it| self.holds(*it) && !said.contains(it)).count();
                let more =
                    if more == 1 { "1 more defence holds".to_owned() } else { format!("{more} more defences hold") };
                PressResult::Wrong(format!("{counted} What you ticked holds. {more} too."))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mac(text: &str) -> String {
        format!("mac-of-{}", text.replace(' ', "-"))
    }

    fn all() -> Tried {
        let mut tried = Tried::default();
        for defence in Defence::ALL {
            for attacker in Attacker::ALL {
                let outcome = outcome(defence, &simulated(defence, attacker, &mac), &mac).unwrap();
                tried.add(Shown { defence, attacker, outcome });
            }
        }
        tried
    }

    #[test]
    fn a_neighbour_gets_through_strict_and_plain_double_submit_and_another_site_through_nothing() {
        let tried = all();
        for (defence, other_site, neighbour) in [
            (Defence::Strict, Outcome::NoSession, Outcome::CarriedOut),
            (Defence::Double, Outcome::Differs, Outcome::CarriedOut),
            (Defence::Bound, Outcome::Differs, Outcome::OfAnother),
            (Defence::Synchroniser, Outcome::OfAnother, Outcome::OfAnother),
            (Defence::Prefix, Outcome::Differs, Outcome::Differs),
        ] {
            assert_eq!(tried.of(defence, Attacker::OtherSite), Some(other_site), "{defence:?}");
            assert_eq!(tried.of(defence, Attacker::Neighbour), Some(neighbour), "{defence:?}");
        }
    }

    #[test]
    fn the_portal_s_own_form_gets_through_every_defence() {
        let (session, random) = ("admin", "1f");
        for (defence, cookie, field) in [
            (Defence::Strict, Some(session.to_owned()), String::new()),
            (Defence::Double, Some(random.to_owned()), random.to_owned()),
            (Defence::Bound, Some(bound_token(session, random, &mac)), bound_token(session, random, &mac)),
            (Defence::Synchroniser, None, synchroniser_token(session, &mac)),
            (Defence::Prefix, Some(random.to_owned()), random.to_owned()),
        ] {
            let received = Received { session: Some(session.to_owned()), cookie, field };
            assert_eq!(outcome(defence, &received, &mac), Some(Outcome::CarriedOut), "{defence:?}");
            assert_eq!(outcome(defence, &Received { session: None, ..received }, &mac), None, "{defence:?}");
        }
    }

    #[test]
    fn a_token_that_is_signed_for_one_session_and_a_random_value_of_another_is_of_another() {
        let token = bound_token("admin", "1f", &mac).replace("1f.", "2f.");
        let received = Received { session: Some("admin".to_owned()), cookie: Some(token.clone()), field: token };
        assert_eq!(outcome(Defence::Bound, &received, &mac), Some(Outcome::OfAnother));
    }

    #[test]
    fn it_is_solved_by_the_three_that_held_once_all_ten_attacks_were_tried() {
        let right = [Defence::Bound, Defence::Synchroniser, Defence::Prefix];
        let tried = all();
        assert!(tried.judge(&right).is_solved());
        assert!(Tried::default().judge(&right).says().starts_with("0 of 10 attacks done. Try the others"));
        for (said, hint) in [
            (&Defence::ALL[..], "You trust *SameSite=Strict*"),
            (&[Defence::Double, Defence::Bound], "You trust *Plain double submit*"),
            (&[Defence::Bound, Defence::Double], "You trust *Plain double submit*"),
            (&right[1..], "What you ticked holds. 1 more defence holds too."),
            (&right[..1], "What you ticked holds. 2 more defences hold too."),
            (&[], "Nothing is ticked."),
        ] {
            let press = tried.judge(said);
            assert!(press.is_wrong() && press.says().contains(hint), "{said:?}: {press:?}");
        }
    }

    #[test]
    fn what_was_tried_is_read_back_and_the_last_try_counts() {
        let tried = all();
        assert_eq!(Tried::parse(&tried.text()), tried);
        assert!(tried.text().len() < 40, "{}", tried.text());
        assert_eq!(Tried::parse("sos.snx.sno.zzz.sox.").text(), "snx.sox");
        assert_eq!(Tried::parse("").count(), 0);
    }

    #[test]
    fn every_outcome_that_happens_has_a_reason_of_its_own() {
        for shown in all().0 {
            assert!(shown.outcome.because(shown.defence).ends_with('.'), "{shown:?}");
        }
    }
}
