//! The token of another service: two old portals that each forgot a check, and a set of checks to choose.
//!
//! The tokens are real and signed. An issuer is known by its address and its key set; which of them a portal asks is
//! what the lesson is about.

use chrono::{DateTime, TimeDelta, Utc};

use super::hints::Open;
use super::press::PressResult;
use crate::keys::{Algorithm, LabKeys, ProfileKeys, Verifier};
use crate::lab::naive::LaxToken;
use crate::profiles::demo::REQUIRED;
use crate::token::{self, AudienceRule, Candidates, Claims, Expected, Rules, Typ, Verdict};

/// How long a token of the lesson is valid.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// A pick of a form: what it sends, what it says, and what the claim says then.
pub struct Pick {
    pub value: &'static str,
    pub says: &'static str,
    pub claim: &'static str,
}

impl Pick {
    fn find(picks: &'static [Self; 2], value: &str) -> Option<&'static Self> {
        picks.iter().find(|pick| pick.value == value)
    }
}

pub static ISSUERS: [Pick; 2] = [
    Pick { value: "school", says: "the school", claim: "https://login.example/school" },
    Pick { value: "own", says: "my own, registered today", claim: "https://login.example/school-mallory" },
];

pub static AUDIENCES: [Pick; 2] = [
    Pick { value: "portal", says: "the grade portal", claim: "https://portal.example" },
    Pick { value: "shop", says: "the shop", claim: "https://shop.example" },
];

pub static ROLES: [Pick; 2] =
    [Pick { value: "pupil", says: "pupil", claim: "pupil" }, Pick { value: "admin", says: "admin", claim: "admin" }];

const SCHOOL: &Pick = &ISSUERS[0];
const OWN: &Pick = &ISSUERS[1];
const PORTAL: &Pick = &AUDIENCES[0];
const SHOP: &Pick = &AUDIENCES[1];
const ADMIN: &str = "admin";

/// What a token of the lesson says.
#[derive(Clone, Copy)]
pub struct Wanted {
    pub subject: &'static str,
    pub issuer: &'static Pick,
    pub audience: &'static Pick,
    pub role: &'static Pick,
}

impl Wanted {
    /// Mallory's token with these picks; `None` if one of them is none of the form's.
    pub fn of_mallory(issuer: &str, audience: &str, role: &str) -> Option<Self> {
        Some(Self {
            subject: "mallory",
            issuer: Pick::find(&ISSUERS, issuer)?,
            audience: Pick::find(&AUDIENCES, audience)?,
            role: Pick::find(&ROLES, role)?,
        })
    }

    /// Why its issuer does not sign it. The school's signs what is true; Mallory's own signs everything.
    pub fn objection(&self) -> Option<&'static str> {
        match (self.issuer.value, self.audience.value, self.role.value) {
            ("school", "portal", "admin") => Some(
                "The school does not sign this. At the portal Mallory is a pupil. Where is she admin, or who would sign \
                 anything for her?",
            ),
            ("school", "shop", "pupil") => {
                Some("The school does not sign this: at the shop Mallory is admin, and not a pupil.")
            }
            _ => None,
        }
    }

    pub fn claims(&self, now: DateTime<Utc>) -> Claims {
        Claims::new()
            .with("iss", self.issuer.claim)
            .with("sub", self.subject)
            .with("aud", self.audience.claim)
            .with("role", self.role.claim)
            .with("iat", now.timestamp())
            .with("exp", (now + LIFETIME).timestamp())
    }
}

/// The key pairs of the two issuers.
pub struct IssuerKeys {
    school: ProfileKeys,
    own: ProfileKeys,
}

impl IssuerKeys {
    pub fn of_visitor(lab: &LabKeys, visitor: &str) -> Option<Self> {
        let keys = |issuer: &Pick| Some(lab.es256_of_visitor(visitor, issuer.claim)?.keys);
        Some(Self { school: keys(SCHOOL)?, own: keys(OWN)? })
    }

    /// What signs for this issuer.
    pub fn of(&self, issuer: &Pick) -> &ProfileKeys {
        if issuer.value == OWN.value { &self.own } else { &self.school }
    }

    /// The key set at the address that `iss` says, as a program would fetch it. Nothing is fetched here.
    fn at(&self, iss: &str) -> &[Verifier] {
        let issuer = ISSUERS.iter().find(|issuer| issuer.claim == iss);
        issuer.map_or(&[], |issuer| self.of(issuer).verifiers())
    }
}

/// The portal's real verifier: one issuer, and the portal as the audience. It has the keys of both issuers, as where a
/// login service publishes those of all its customers in one set. So the signature fits, and `iss` decides.
pub fn verify(token: &str, keys: &IssuerKeys, now: DateTime<Utc>) -> Verdict {
    let rules = Rules {
        profile: "grade portal",
        typ: Typ::Jwt,
        required: REQUIRED,
        issuer: Some(SCHOOL.claim.to_owned()),
        audience: AudienceRule::Required(PORTAL.claim.to_owned()),
    };
    let published = [keys.school.verifiers(), keys.own.verifiers()].concat();
    let ring = Candidates::Ring(&published);
    token::verify(token, Expected { algorithm: Algorithm::Es256, keys: ring, rules: Some(&rules) }, now)
}

/// A portal of an earlier year. It gives the role that it accepts, or the reason why it refuses.
pub struct OldPortal {
    pub name: &'static str,
    pub rule: &'static str,
    judge: fn(&str, &IssuerKeys, DateTime<Utc>) -> Result<String, &'static str>,
}

impl OldPortal {
    pub fn judge(&self, token: &str, keys: &IssuerKeys, now: DateTime<Utc>) -> Result<String, &'static str> {
        (self.judge)(token, keys, now)
    }
}

/// The portal of two years ago, and that of last year.
pub static OLD_PORTALS: [OldPortal; 2] = [
    OldPortal {
        name: "The portal of two years ago",
        rule: "It checks the signature with the school's key set, and the expiry. It does not read `aud`.",
        judge: |token, keys, now| role(token, keys.school.verifiers(), now, |_| Ok(())),
    },
    OldPortal {
        name: "The portal of last year",
        rule: "It fetches the key set from the address in `iss`. It checks signature, expiry and `aud`.",
        judge: |token, keys, now| {
            role(token, keys.at(&read(token, "iss")), now, |token| is_for_portal(token).ok_or(ANOTHER_AUDIENCE))
        },
    },
];

const ANOTHER_AUDIENCE: &str = "`aud` names another service";

/// The role in a token whose signature fits one of the keys, which has not expired, and which passes these checks.
fn role(
    text: &str,
    keys: &[Verifier],
    now: DateTime<Utc>,
    checks: impl Fn(&LaxToken) -> Result<(), &'static str>,
) -> Result<String, &'static str> {
    let token = LaxToken::read(text).map_err(|_| "the text is no token")?;
    if !keys.iter().any(|key| key.verifies(token.message.as_bytes(), &token.signature)) {
        return Err("no key of the key set made the signature");
    }
    checks(&token)?;
    let claims = token.claims_before_expiry(now).map_err(|_| "the token expired")?;
    Ok(claims.get("role").and_then(|role| role.as_str()).unwrap_or("nobody").to_owned())
}

/// A claim of a token that nobody verified yet; empty if it is no text.
fn read(token: &str, claim: &str) -> String {
    LaxToken::read(token).map(|token| text(&token, claim).to_owned()).unwrap_or_default()
}

fn text<'t>(token: &'t LaxToken, claim: &str) -> &'t str {
    token.claims.get(claim).and_then(|value| value.as_str()).unwrap_or_default()
}

fn is_for_portal(token: &LaxToken) -> Option<()> {
    (text(token, "aud") == PORTAL.claim).then_some(())
}

/// A check that the pupil can give the portal of this year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    IssuerBegins,
    IssuerIs,
    AudienceIsThere,
    AudienceIs,
    RoleIsPupil,
}

impl Check {
    pub const ALL: [Self; 5] =
        [Self::IssuerBegins, Self::IssuerIs, Self::AudienceIsThere, Self::AudienceIs, Self::RoleIsPupil];

    pub const fn value(self) -> &'static str {
        match self {
            Self::IssuerBegins => "issuer-begins",
            Self::IssuerIs => "issuer-is",
            Self::AudienceIsThere => "audience-there",
            Self::AudienceIs => "audience-is",
            Self::RoleIsPupil => "role-pupil",
        }
    }

    pub const fn says(self) -> &'static str {
        match self {
            Self::IssuerBegins => "The issuer begins with https://login.example/school",
            Self::IssuerIs => "The issuer is exactly https://login.example/school",
            Self::AudienceIsThere => "The token has an audience",
            Self::AudienceIs => "The audience names https://portal.example",
            Self::RoleIsPupil => "The role is pupil",
        }
    }

    fn passes(self, token: &LaxToken) -> Result<(), &'static str> {
        let (passes, why) = match self {
            Self::IssuerBegins => (text(token, "iss").starts_with(SCHOOL.claim), "`iss` begins otherwise"),
            Self::IssuerIs => (text(token, "iss") == SCHOOL.claim, "`iss` names another issuer"),
            Self::AudienceIsThere => (!text(token, "aud").is_empty(), "there is no `aud`"),
            Self::AudienceIs => (is_for_portal(token).is_some(), ANOTHER_AUDIENCE),
            Self::RoleIsPupil => (text(token, "role") == "pupil", "the role is not pupil"),
        };
        if passes { Ok(()) } else { Err(why) }
    }
}

/// A token with which the pupil's checks are tried.
pub struct Probe {
    pub name: &'static str,
    pub wanted: Wanted,
    pub is_honest: bool,
}

pub static PROBES: [Probe; 4] = [
    Probe {
        name: "Bob, from the school, for the portal",
        wanted: Wanted { subject: "bob", issuer: SCHOOL, audience: PORTAL, role: &ROLES[0] },
        is_honest: true,
    },
    Probe {
        name: "Admin, from the school, for the portal",
        wanted: Wanted { subject: "admin", issuer: SCHOOL, audience: PORTAL, role: &ROLES[1] },
        is_honest: true,
    },
    Probe {
        name: "Mallory, from the school, for the shop",
        wanted: Wanted { subject: "mallory", issuer: SCHOOL, audience: SHOP, role: &ROLES[1] },
        is_honest: false,
    },
    Probe {
        name: "Mallory, from her own issuer, for the portal",
        wanted: Wanted { subject: "mallory", issuer: OWN, audience: PORTAL, role: &ROLES[1] },
        is_honest: false,
    },
];

/// The answer of the visitor's own portal, which takes the key set from `iss` and makes these checks too: the role that
/// it accepts, or why it refuses the token.
pub fn own_portal(
    token: &str,
    keys: &IssuerKeys,
    checks: &[Check],
    now: DateTime<Utc>,
) -> Result<String, &'static str> {
    let all = |token: &LaxToken| checks.iter().try_for_each(|check| check.passes(token));
    role(token, keys.at(&read(token, "iss")), now, all)
}

/// A hint for the first probe that was judged wrongly; `None` if all were judged rightly.
pub fn wrong_probe(accepted: [bool; 4]) -> Option<&'static str> {
    let is_wrong = |place: usize| accepted[place] != PROBES[place].is_honest;
    let hints = [
        "Bob is refused, with his own token.",
        "Mallory is out, but so is Admin, whose token is right. A role is no sign of an attack.",
        "Mallory's token for the shop still makes her Admin. It comes from the right issuer. What in it says that it is \
         for another service?",
        "Mallory's own issuer still makes her Admin. Its address begins like the school's. Which check tells the two \
         apart?",
    ];
    (0..4).find(|place| is_wrong(*place)).map(|place| hints[place])
}

/// The parts of the lesson that are done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts([bool; 3]);

impl Parts {
    /// What each part is, in their order.
    pub const SAYS: [&str; 3] = [
        "The portal of two years ago takes Mallory for Admin.",
        "The portal of last year takes Mallory for Admin.",
        "Then you write the portal: it lets Bob and Admin in, and neither of Mallory's tokens.",
    ];

    pub fn parse(text: &str) -> Self {
        Self([0, 1, 2].map(|place| text.as_bytes().get(place) == Some(&b'1')))
    }

    pub fn to_text(self) -> String {
        self.0.iter().map(|done| if *done { '1' } else { '0' }).collect()
    }

    pub fn count(self) -> usize {
        self.0.iter().filter(|done| **done).count()
    }

    pub fn all(self) -> impl Iterator<Item = (bool, &'static str)> {
        self.0.into_iter().zip(Self::SAYS)
    }

    pub fn open(self) -> Open {
        let [audience, issuer, repair] = self.0;
        Open::first(&[(audience, "audience"), (issuer, "issuer"), (repair, "repair")])
    }

    /// Whether Mallory was Admin at both old portals, so that the pupil may repair them.
    pub const fn are_broken_into(self) -> bool {
        self.0[0] && self.0[1]
    }

    /// What it came to that the old portals judged Mallory's token so.
    pub fn presented(&mut self, wanted: &Wanted, judged: &[Result<String, &'static str>; 2]) -> PressResult {
        let before = *self;
        for (done, role) in self.0.iter_mut().zip(judged) {
            *done |= role.as_deref() == Ok(ADMIN);
        }
        if !judged.iter().any(|role| role.as_deref() == Ok(ADMIN)) {
            return PressResult::Wrong(near(wanted).to_owned());
        }
        let says = if judged[0].is_ok() {
            "The school signed this token for the shop, and the portal did not ask for whom it is."
        } else {
            "Mallory's issuer signed this token, and the portal asked that issuer for the key."
        };
        self.counted(before, says)
    }

    /// What it came to that the pupil's checks, so many, judged the probes so.
    pub fn repaired(&mut self, accepted: [bool; 4], checks: usize) -> PressResult {
        if let Some(hint) = wrong_probe(accepted) {
            return PressResult::Wrong(hint.to_owned());
        }
        let before = *self;
        self.0[2] = true;
        let more = if checks > 2 { " Two of your checks were enough: the others follow from them." } else { "" };
        self.counted(before, &format!("Bob and Admin get in, and neither of Mallory's tokens does.{more}"))
    }

    fn counted(self, before: Self, says: &str) -> PressResult {
        match self.count() {
            3 => PressResult::Solved(format!("{says} All three parts are done.")),
            count if self == before => {
                PressResult::Note(format!("{says} You have done this part already: {count} of 3 parts are done."))
            }
            count => PressResult::Step(format!("{count} of 3 parts done. {says}")),
        }
    }
}

/// Why a token of Mallory's made her Admin nowhere.
fn near(wanted: &Wanted) -> &'static str {
    match (wanted.issuer.value, wanted.audience.value) {
        ("own", "portal") => {
            "Close: one portal believes your own issuer, but the token says pupil. You sign it yourself, so what should it \
             say?"
        }
        ("own", _) => {
            "Both refuse it. The older portal has no key of your issuer. The other one would take the key from `iss`, but \
             it reads `aud` too."
        }
        _ => "This token is right: both portals let Mallory in, as a pupil. Where else does the school know her?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeyRing;
    use crate::random::Random;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn keys() -> IssuerKeys {
        let folder = tempfile::tempdir().unwrap();
        let (ring, _) = KeyRing::read_or_make(folder.path(), Random::system().source()).unwrap();
        IssuerKeys::of_visitor(ring.lab(), "me").unwrap()
    }

    fn signed(wanted: &Wanted, keys: &IssuerKeys) -> String {
        let signer = keys.of(wanted.issuer).signer();
        token::issue(&wanted.claims(now()), &token::Header::of_type("JWT"), signer).unwrap().into_string()
    }

    #[test]
    fn each_old_portal_falls_for_one_token_and_the_real_verifier_for_none() {
        let keys = keys();
        for (issuer, audience, role, old, strict) in [
            ("school", "shop", "admin", [true, false], false),
            ("own", "portal", "admin", [false, true], false),
            ("own", "shop", "admin", [false, false], false),
            ("school", "portal", "pupil", [true, true], true),
        ] {
            let token = signed(&Wanted::of_mallory(issuer, audience, role).unwrap(), &keys);
            let judged = OLD_PORTALS.each_ref().map(|portal| portal.judge(&token, &keys, now()).is_ok());
            assert_eq!(judged, old, "{issuer} {audience}");
            assert_eq!(verify(&token, &keys, now()).is_accepted(), strict, "{issuer} {audience}");
            let late = now() + LIFETIME;
            assert!(OLD_PORTALS.iter().all(|portal| portal.judge(&token, &keys, late).is_err()));
        }
    }

    #[test]
    fn the_real_verifier_comes_to_the_claim_that_the_lesson_is_about() {
        let keys = keys();
        for (issuer, audience, check) in [
            ("school", "shop", token::Check::Audience),
            ("own", "portal", token::Check::Issuer),
            ("own", "shop", token::Check::Issuer),
        ] {
            let token = signed(&Wanted::of_mallory(issuer, audience, "admin").unwrap(), &keys);
            let verdict = verify(&token, &keys, now());
            let failed = verdict.rejection().map(|(failed, _)| failed);
            assert_eq!((verdict.code(), failed), (crate::code::Code::BadClaim, Some(check)));
        }
    }

    #[test]
    fn only_the_exact_issuer_with_the_exact_audience_repairs_the_portal() {
        let keys = keys();
        let tokens = PROBES.each_ref().map(|probe| signed(&probe.wanted, &keys));
        for chosen in 0..1_u32 << Check::ALL.len() {
            let is_chosen = |place: &usize| chosen & (1 << place) != 0;
            let checks: Vec<Check> = (0..Check::ALL.len()).filter(is_chosen).map(|place| Check::ALL[place]).collect();
            let accepted = tokens.each_ref().map(|token| own_portal(token, &keys, &checks, now()).is_ok());
            let has = |check| checks.contains(&check);
            let is_right = has(Check::IssuerIs) && has(Check::AudienceIs) && !has(Check::RoleIsPupil);
            assert_eq!(wrong_probe(accepted).is_none(), is_right, "{checks:?}");
        }
    }

    #[test]
    fn the_school_signs_what_is_true_and_mallory_s_issuer_signs_everything() {
        for (issuer, audience, role, is_signed) in [
            ("school", "portal", "pupil", true),
            ("school", "portal", "admin", false),
            ("school", "shop", "pupil", false),
            ("school", "shop", "admin", true),
            ("own", "portal", "admin", true),
        ] {
            assert_eq!(Wanted::of_mallory(issuer, audience, role).unwrap().objection().is_none(), is_signed);
        }
        assert!(Wanted::of_mallory("else", "shop", "admin").is_none());
    }

    #[test]
    fn the_parts_are_counted_once_and_read_back() {
        let mut parts = Parts::parse("");
        let shop = Wanted::of_mallory("school", "shop", "admin").unwrap();
        let judged = [Ok(ADMIN.to_owned()), Err("")];
        assert!(matches!(parts.presented(&shop, &judged), PressResult::Step(says) if says.starts_with("1 of 3")));
        assert!(
            matches!(parts.presented(&shop, &judged), PressResult::Note(says) if says.ends_with("1 of 3 parts are done."))
        );
        assert!(parts.presented(&shop, &[Ok("pupil".to_owned()), Err("")]).is_wrong());
        assert_eq!((parts.to_text().as_str(), parts.are_broken_into()), ("100", false));
        let mut parts = Parts::parse("110");
        assert!(parts.repaired([true, true, false, true], 1).is_wrong());
        assert!(parts.repaired([true, true, false, false], 4).says().contains("Two of your checks were enough"));
        let solved = parts.repaired([true, true, false, false], 2);
        assert!(solved.is_solved() && !solved.says().contains("enough"), "{solved:?}");
    }
}
