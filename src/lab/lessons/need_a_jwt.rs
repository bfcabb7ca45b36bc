//! Is a JWT needed at all? Five services of a school. For each the visitor chooses what the client carries and why, and
//! it is the reason that is judged: several things may be carried, each for reasons of its own.

use super::hints::Open;
use super::press::PressResult;

/// What a client can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    Session,
    Opaque,
    Jwt,
    Saml,
    /// An address with a signature in it.
    Address,
}

use Carrier::{Address, Jwt, Opaque, Saml, Session};

impl Carrier {
    pub const ALL: [Self; 5] = [Session, Opaque, Jwt, Saml, Address];

    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|carrier| carrier.name() == name)
    }

    /// What forms send for it.
    pub const fn name(self) -> &'static str {
        match self {
            Session => "session",
            Opaque => "opaque",
            Jwt => "jwt",
            Saml => "saml",
            Address => "address",
        }
    }

    pub const fn says(self) -> &'static str {
        match self {
            Session => "A session id",
            Opaque => "An opaque token",
            Jwt => "A JWT",
            Saml => "A SAML assertion",
            Address => "A signed address",
        }
    }
}

/// Why the client carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    OwnTable,
    EndsAtOnce,
    PublicKey,
    TooManyQuestions,
    OneThing,
    /// No reason at all, and often heard.
    MostSecure,
}

use Reason::{EndsAtOnce, MostSecure, OneThing, OwnTable, PublicKey, TooManyQuestions};

impl Reason {
    pub const ALL: [Self; 6] = [OwnTable, EndsAtOnce, PublicKey, TooManyQuestions, OneThing, MostSecure];

    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// What forms send for it.
    pub const fn name(self) -> &'static str {
        match self {
            OwnTable => "table",
            EndsAtOnce => "end",
            PublicKey => "key",
            TooManyQuestions => "load",
            OneThing => "one",
            MostSecure => "secure",
        }
    }

    pub const fn says(self) -> &'static str {
        match self {
            OwnTable => "The server that verifies has the table of users",
            EndsAtOnce => "It must end at once",
            PublicKey => "Another organisation verifies, with only a public key",
            TooManyQuestions => "Asking somebody for each request would be too much",
            OneThing => "It opens one thing, for minutes",
            MostSecure => "It is the most secure of the five",
        }
    }
}

/// One service, and what is said to each answer. A reply to a wrong answer is about what was chosen and about the
/// reason for it, so it has a sentence for each of the two.
pub struct Service {
    /// What the hints call it.
    name: &'static str,
    pub title: &'static str,
    pub tells: &'static str,
    /// The right answers, each with its reply.
    right: &'static [(Carrier, Reason, &'static str)],
    /// Why something else does not fit, whatever the reason.
    unfit: &'static [(Carrier, &'static str)],
    /// The reasons that hold here, as the end of a sentence.
    holds: &'static [(Reason, &'static str)],
    /// Why the other reasons do not.
    untrue: &'static [(Reason, &'static str)],
}

pub static SERVICES: [Service; 5] = [
    Service {
        name: "portal",
        title: "The grade portal",
        tells: "One server with one database. Bob logs in with his password. A pupil whom Admin blocks must be out with \
                the next request.",
        right: &[
            (
                Session,
                OwnTable,
                "The portal asks its own database for each request anyway. To look a session id up there costs little.",
            ),
            (
                Session,
                EndsAtOnce,
                "The portal looks the session id up for each request. To block a pupil, it deletes one row.",
            ),
            (
                Opaque,
                OwnTable,
                "The portal looks the opaque token up in its own database. So it is a session id with another name.",
            ),
            (
                Opaque,
                EndsAtOnce,
                "The portal looks the opaque token up for each request, and can delete it. So it is a session id with \
                 another name.",
            ),
        ],
        unfit: &[
            (
                Jwt,
                "A JWT stays valid until its expiry, so a blocked pupil goes on. With a deny list, the portal looks \
                 something up for each request again.",
            ),
            (Saml, "A SAML assertion tells another organisation who logged in. Here one server does everything."),
            (Address, "A signed address opens one thing. Bob wants to use the whole portal."),
        ],
        holds: &[
            (OwnTable, "the portal has the table of users"),
            (EndsAtOnce, "a blocked pupil must be out with the next request"),
        ],
        untrue: &[
            (PublicKey, "The portal itself verifies. No other organisation takes part."),
            (TooManyQuestions, "The portal asks its own database. It does that for each request anyway."),
            (OneThing, "Bob is logged in for everything that he does there, and for as long as he works."),
        ],
    },
    Service {
        name: "publisher",
        title: "The publisher",
        tells: "Pupils use exercises on the site of a publisher, with their login at the school. The publisher has no \
                access to the school's database. It must learn once, at the login, who the pupil is.",
        right: &[
            (
                Jwt,
                PublicKey,
                "The school signs, and the publisher verifies with the public key. `aud` says that it is for the \
                 publisher. The ID token of OpenID Connect is such a JWT.",
            ),
            (
                Saml,
                PublicKey,
                "The school signs the assertion, and the publisher verifies it with the public key. Schools and \
                 publishers have used SAML since before JWTs existed.",
            ),
        ],
        unfit: &[
            (Session, "A session id means something to the school's server only. The publisher cannot look it up."),
            (
                Opaque,
                "An opaque token works if the publisher may ask the school what it means. But it needs to know only once, \
                 and a signed answer saves the question.",
            ),
            (
                Address,
                "A signed address opens one thing at a server that made an agreement about it. It logs nobody in.",
            ),
        ],
        holds: &[(PublicKey, "the publisher is another organisation, and a public key is enough for it")],
        untrue: &[
            (OwnTable, "It is the publisher that verifies, and it has no table of the school's users."),
            (EndsAtOnce, "The publisher asks once, at the login. Nothing here must end at once."),
            (TooManyQuestions, "There is one question for each login. That is not too much."),
            (OneThing, "The pupil uses all exercises of the publisher, and not one thing for minutes."),
        ],
    },
    Service {
        name: "video",
        title: "The video",
        tells: "The portal shows a link to the video of the school play. The file is at a storage service, which knows \
                no users. The link should work for five minutes, and for this file only.",
        right: &[
            (
                Address,
                OneThing,
                "The signature covers the path and the expiry, and the storage service checks it alone. Storage services \
                 offer this.",
            ),
            (
                Jwt,
                OneThing,
                "A JWT in the link works if it names this one file and expires after five minutes. Then it is a signed \
                 address in another form.",
            ),
        ],
        unfit: &[
            (
                Session,
                "The storage service is another host. It gets no cookie of the portal, and it knows no sessions.",
            ),
            (
                Opaque,
                "The storage service would have to ask the portal what an opaque token means, and it asks nobody.",
            ),
            (Saml, "A SAML assertion is for a login. A link to a file has no room for such a text."),
        ],
        holds: &[(OneThing, "the link opens one file, for five minutes")],
        untrue: &[
            (OwnTable, "The storage service verifies, and it has no table of users."),
            (EndsAtOnce, "Five minutes are allowed. Nothing must end before."),
            (PublicKey, "It does not matter here who verifies with which key. Think of what the link is for."),
            (TooManyQuestions, "The number of requests is not the problem here. Think of what the link is for."),
        ],
    },
    Service {
        name: "parents",
        title: "The app for parents",
        tells: "An app reads grades from an API that another team runs. Few requests come. When parents withdraw the \
                permission, the next request of the app must fail.",
        right: &[(
            Opaque,
            EndsAtOnce,
            "The API asks the issuer about the token at each request: introspection, RFC 7662. After the permission \
             is withdrawn, the answer is no.",
        )],
        unfit: &[
            (Session, "A session id belongs to the server that made it. The API of the other team cannot look it up."),
            (Jwt, "The API would accept a JWT until it expires, also after the parents withdrew the permission."),
            (Saml, "A SAML assertion tells who logged in at one moment. It cannot be withdrawn later."),
            (Address, "A signed address opens one thing. The app asks for many, and for months."),
        ],
        holds: &[(EndsAtOnce, "the next request must fail when the permission is withdrawn")],
        untrue: &[
            (OwnTable, "The table is at the issuer, and another team verifies."),
            (PublicKey, "A public key tells who signed. It does not tell whether the permission still holds."),
            (TooManyQuestions, "Few requests come, so the API may ask each time."),
            (OneThing, "The permission is for all grades, until the parents withdraw it."),
        ],
    },
    Service {
        name: "programs",
        title: "The 30 programs",
        tells: "The city runs one login and 30 programs for its schools. They answer many thousand requests a minute. Each \
                must know who calls. A blocked user may go on for five minutes.",
        right: &[(
            Jwt,
            TooManyQuestions,
            "Each program verifies alone, with the issuer's public key. A life of five minutes limits the damage, \
             and a refresh token buys the next one.",
        )],
        unfit: &[
            (
                Session,
                "With a session id, all 30 programs would ask one store at each request. They would stop when it stops.",
            ),
            (
                Opaque,
                "An opaque token works if somebody remembers the issuer's answers for a while. But each program would ask \
                 first, many thousand times a minute.",
            ),
            (Saml, "A SAML assertion is made for a login. It is large, and programs rarely send it with each request."),
            (Address, "A signed address opens one thing. These programs answer requests of every kind."),
        ],
        holds: &[(TooManyQuestions, "so many questions would be too much")],
        untrue: &[
            (OwnTable, "The programs have no table of users. Only the issuer has it."),
            (EndsAtOnce, "A blocked user may go on for five minutes. Nothing must end at once."),
            (
                PublicKey,
                "They do verify with a public key. But no other organisation takes part: why not ask the issuer?",
            ),
            (OneThing, "The login is for all 30 programs, and not for one thing."),
        ],
    },
];

const NOT_MOST_SECURE: &str = "None of the five is the most secure everywhere. Say what this service needs.";

impl Service {
    /// Whether this carrier is right here for this reason, and the reply.
    fn judge(&self, carrier: Carrier, reason: Reason) -> Result<&'static str, String> {
        let right = self.right.iter().find(|(its, why, _)| (*its, *why) == (carrier, reason));
        match right {
            Some((_, _, reply)) => Ok(reply),
            None => Err(format!("{} {}", self.on_carrier(carrier), self.on_reason(reason))),
        }
    }

    /// What is said to a carrier that is not right, or not for the reason that was chosen.
    fn on_carrier(&self, carrier: Carrier) -> String {
        let unfit = self.unfit.iter().find(|(unfit, _)| *unfit == carrier);
        unfit.map_or_else(
            || format!("*{}* can work here, but not for this reason.", carrier.says()),
            |(_, why)| (*why).to_owned(),
        )
    }

    /// What is said to a reason that does not hold, or does not lead to what was chosen.
    fn on_reason(&self, reason: Reason) -> String {
        let find = |all: &'static [(Reason, &'static str)]| all.iter().find(|(its, _)| *its == reason);
        match (find(self.holds), find(self.untrue)) {
            (Some((_, holds)), _) => format!("Your reason is true: {holds}. Choose what fits that reason."),
            (None, Some((_, why))) => (*why).to_owned(),
            (None, None) => NOT_MOST_SECURE.to_owned(),
        }
    }
}

/// An answer for one service.
pub type Answer = (Carrier, Reason);

/// The right answers so far, in the order of [`SERVICES`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers(Vec<Answer>);

impl Answers {
    /// Reads what [`Self::to_text`] wrote. What is not right, or comes after such an answer, is left out.
    pub fn parse(text: &str) -> Self {
        let answer = |(word, service): (&str, &Service)| {
            let (carrier, reason) = word.split_once('-')?;
            let (carrier, reason) = (Carrier::find(carrier)?, Reason::find(reason)?);
            service.judge(carrier, reason).is_ok().then_some((carrier, reason))
        };
        Self(text.split(' ').zip(&SERVICES).map_while(answer).collect())
    }

    pub fn to_text(&self) -> String {
        let words: Vec<String> =
            self.0.iter().map(|(carrier, reason)| format!("{}-{}", carrier.name(), reason.name())).collect();
        words.join(" ")
    }

    /// How many services are done. The next one has this place.
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// The services that are done, with their answers.
    pub fn done(&self) -> impl Iterator<Item = (&'static Service, &Answer)> {
        SERVICES.iter().zip(&self.0)
    }

    /// The service that comes next.
    pub fn next(&self) -> Option<&'static Service> {
        SERVICES.get(self.0.len())
    }

    pub fn open(&self) -> Open {
        self.next().map(|service| service.name).into()
    }

    fn what_is_next(&self) -> String {
        self.next().map_or_else(
            || "All five are done.".to_owned(),
            |service| format!("Service {} is next: {}.", self.count() + 1, service.title),
        )
    }

    /// Judges an answer for the service at this place, and keeps it if it is right. A service that is decided stays so.
    pub fn judge(&mut self, place: usize, carrier: Option<Carrier>, reason: Option<Reason>) -> PressResult {
        let Some(service) = SERVICES.get(place).filter(|_| place <= self.count()) else {
            return PressResult::Missing(format!("Decide about service {} first.", self.count() + 1));
        };
        if place < self.count() {
            return PressResult::Note(format!(
                "Service {} is decided already, perhaps in another tab. {}",
                place + 1,
                self.what_is_next()
            ));
        }
        let (carrier, reason) = match (carrier, reason) {
            (Some(carrier), Some(reason)) => (carrier, reason),
            (Some(carrier), None) => {
                return PressResult::Missing(format!("You chose *{}*. Choose a reason for it too.", carrier.says()));
            }
            (None, Some(reason)) => {
                return PressResult::Missing(format!(
                    "Your reason is *{}*. Choose what the client carries too.",
                    reason.says()
                ));
            }
            (None, None) => {
                return PressResult::Missing("Choose what the client carries, and a reason for it.".to_owned());
            }
        };
        match service.judge(carrier, reason) {
            Err(reply) => PressResult::Wrong(reply),
            Ok(reply) => {
                self.0.push((carrier, reason));
                let (count, all) = (self.count(), SERVICES.len());
                if count == all {
                    PressResult::Solved(reply.to_owned())
                } else {
                    PressResult::Step(format!("{count} of {all} services done. {reply}"))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: [Answer; 5] =
        [(Session, OwnTable), (Jwt, PublicKey), (Address, OneThing), (Opaque, EndsAtOnce), (Jwt, TooManyQuestions)];

    #[test]
    fn every_carrier_and_every_reason_has_its_reply_for_every_service() {
        for service in &SERVICES {
            for carrier in Carrier::ALL {
                let is_right = service.right.iter().any(|(right, ..)| *right == carrier);
                let is_unfit = service.unfit.iter().any(|(unfit, _)| *unfit == carrier);
                assert!(is_right != is_unfit, "{} {}", service.title, carrier.name());
            }
            for reason in Reason::ALL {
                let holds = service.holds.iter().any(|(holds, _)| *holds == reason);
                let is_untrue = service.untrue.iter().any(|(untrue, _)| *untrue == reason);
                assert!(holds != is_untrue || reason == MostSecure, "{} {}", service.title, reason.name());
                let is_right = service.right.iter().any(|(_, right, _)| *right == reason);
                assert_eq!(is_right, holds, "{} {}", service.title, reason.name());
            }
        }
    }

    /// No two answers for one service get the same reply, so each reply is about its own answer.
    #[test]
    fn every_answer_gets_a_reply_about_what_was_chosen_and_about_the_reason_for_it() {
        for service in &SERVICES {
            let mut replies = Vec::new();
            for (carrier, reason) in Carrier::ALL.into_iter().flat_map(|it| Reason::ALL.map(|reason| (it, reason))) {
                let judged = service.judge(carrier, reason);
                if let Err(reply) = &judged {
                    let unfit = service.unfit.iter().find(|(unfit, _)| *unfit == carrier);
                    let on_carrier =
                        unfit.map_or_else(|| format!("*{}* can work", carrier.says()), |it| it.1.to_owned());
                    let known = service.holds.iter().chain(service.untrue).find(|(its, _)| *its == reason);
                    let on_reason = known.map_or(NOT_MOST_SECURE, |(_, says)| says);
                    assert!(reply.starts_with(&on_carrier), "{}: {reply}", service.title);
                    assert!(reply.contains(on_reason), "{}: {reply}", service.title);
                }
                replies.push(judged.map_or_else(|reply| reply, str::to_owned));
            }
            let count = replies.len();
            replies.sort_unstable();
            replies.dedup();
            assert_eq!((count, replies.len()), (30, 30), "{}", service.title);
        }
    }

    #[test]
    fn a_wrong_choice_for_the_portal_is_answered_for_the_reason_that_was_given() {
        let says = |carrier, reason| SERVICES[0].judge(carrier, reason).unwrap_err();
        assert_eq!(
            says(Jwt, OwnTable),
            "A JWT stays valid until its expiry, so a blocked pupil goes on. With a deny list, the portal looks something up \
             for each request again. Your reason is true: the portal has the table of users. Choose what fits that reason."
        );
        assert_eq!(
            says(Address, TooManyQuestions),
            "A signed address opens one thing. Bob wants to use the whole portal. The portal asks its own database. It does \
             that for each request anyway."
        );
        assert_eq!(
            says(Opaque, MostSecure),
            "*An opaque token* can work here, but not for this reason. None of the five is the most secure everywhere. Say \
             what this service needs."
        );
        assert!(SERVICES[0].judge(Session, EndsAtOnce).unwrap().contains("it deletes one row"));
        assert!(SERVICES[0].judge(Opaque, EndsAtOnce).unwrap().contains("can delete it"));
    }

    #[test]
    fn an_answer_is_right_only_with_a_reason_that_holds() {
        for (service, (carrier, reason)) in SERVICES.iter().zip(RIGHT) {
            assert!(service.judge(carrier, reason).is_ok(), "{}", service.title);
            let right = Reason::ALL.into_iter().filter(|reason| service.judge(carrier, *reason).is_ok()).count();
            assert!((1..=2).contains(&right), "{}: {right}", service.title);
            assert!(service.judge(carrier, MostSecure).is_err());
        }
        assert!(SERVICES[1].judge(Saml, PublicKey).is_ok() && SERVICES[2].judge(Jwt, OneThing).is_ok());
        assert!(SERVICES[0].judge(Opaque, EndsAtOnce).is_ok());
    }

    #[test]
    fn no_carrier_and_no_reason_is_right_everywhere() {
        for carrier in Carrier::ALL {
            let is_right =
                |service: &&Service| Reason::ALL.iter().any(|reason| service.judge(carrier, *reason).is_ok());
            assert!((1..=3).contains(&SERVICES.iter().filter(is_right).count()), "{}", carrier.name());
            assert_eq!(Carrier::find(carrier.name()), Some(carrier));
        }
        for reason in Reason::ALL {
            let is_right = |service: &&Service| Carrier::ALL.iter().any(|it| service.judge(*it, reason).is_ok());
            assert!(SERVICES.iter().filter(is_right).count() <= 2, "{}", reason.name());
            assert_eq!(Reason::find(reason.name()), Some(reason));
        }
    }

    #[test]
    fn services_are_decided_one_after_the_other_and_the_last_solves_the_lesson() {
        let mut answers = Answers::default();
        assert!(answers.judge(1, Some(Jwt), Some(PublicKey)).says().contains("service 1 first"));
        assert!(answers.judge(7, Some(Jwt), Some(PublicKey)).is_wrong());
        assert!(answers.judge(0, Some(Session), None).says().contains("You chose *A session id*. Choose a reason"));
        assert!(answers.judge(0, None, Some(EndsAtOnce)).says().contains("Choose what the client carries too"));
        assert!(answers.judge(0, None, None).says().contains("and a reason for it"));
        assert!(answers.judge(0, Some(Jwt), Some(EndsAtOnce)).says().contains("until its expiry"));
        assert!(answers.judge(0, Some(Session), Some(PublicKey)).says().contains("No other organisation"));
        for (place, (carrier, reason)) in RIGHT.into_iter().enumerate() {
            assert_eq!(answers.count(), place);
            let press = answers.judge(place, Some(carrier), Some(reason));
            assert_eq!(press.is_solved(), place == 4, "{place}");
            assert!(press.is_solved() || press.says().starts_with(&format!("{} of 5 services done.", place + 1)));
        }
        assert!(answers.next().is_none() && answers.done().count() == 5);
        let again = answers.judge(0, Some(Jwt), Some(EndsAtOnce));
        assert_eq!(again.says(), "Service 1 is decided already, perhaps in another tab. All five are done.");
        assert_eq!((again.is_wrong(), answers.count()), (false, 5));
    }

    #[test]
    fn a_service_that_another_tab_decided_is_told_with_the_one_that_is_next() {
        let mut answers = Answers::default();
        answers.judge(0, Some(Session), Some(OwnTable));
        let late = answers.judge(0, Some(Jwt), Some(PublicKey));
        let next = SERVICES[1].title;
        let says = format!("Service 1 is decided already, perhaps in another tab. Service 2 is next: {next}.");
        assert_eq!(late, PressResult::Note(says));
        assert_eq!(answers.count(), 1);
    }

    #[test]
    fn what_the_session_keeps_is_read_back_and_a_wrong_answer_ends_it() {
        let text = "session-table saml-key address-one";
        assert_eq!(Answers::parse(text).to_text(), text);
        for (text, means) in [("", ""), ("jwt-table", ""), ("session-table jwt-one opaque-end", "session-table")] {
            assert_eq!(Answers::parse(text).to_text(), means);
        }
    }
}
