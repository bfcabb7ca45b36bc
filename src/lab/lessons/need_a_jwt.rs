//! Is a JWT needed at all? Five cases, each with its best choice and with those that also work.

/// What a server can give to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    Session,
    Jwt,
    /// An address with a signature in it, or a random name that the issuer looks up.
    Opaque,
}

impl Carrier {
    pub const ALL: [Self; 3] = [Self::Session, Self::Jwt, Self::Opaque];

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|carrier| carrier.name() == name)
    }

    /// What forms send for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Jwt => "jwt",
            Self::Opaque => "opaque",
        }
    }

    pub const fn says(self) -> &'static str {
        match self {
            Self::Session => "A session on the server",
            Self::Jwt => "A JWT",
            Self::Opaque => "A signed address or an opaque token",
        }
    }
}

/// One case, and what is said to each choice.
pub struct Case {
    /// The name of its field.
    pub name: &'static str,
    pub title: &'static str,
    pub tells: &'static str,
    /// In the order of [`Carrier::ALL`].
    replies: [Reply; 3],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Best(&'static str),
    /// Another right answer.
    Also(&'static str),
    Miss(&'static str),
}

use Reply::{Also, Best, Miss};

impl Reply {
    pub const fn is_right(self) -> bool {
        !matches!(self, Miss(_))
    }

    pub const fn word(self) -> &'static str {
        match self {
            Best(_) => "right",
            Also(_) => "right as well",
            Miss(_) => "not the best",
        }
    }

    pub const fn says(self) -> &'static str {
        match self {
            Best(text) | Also(text) | Miss(text) => text,
        }
    }
}

impl Case {
    pub const fn reply(&self, carrier: Carrier) -> Reply {
        self.replies[carrier as usize]
    }
}

pub static CASES: [Case; 5] = [
    Case {
        name: "shop",
        title: "The shop",
        tells: "One web shop with one server and one database. Customers log in with a password; a customer who is \
                blocked must be out at once.",
        replies: [
            Best(
                "The server issues and verifies, and has a database anyway. It looks the session up, and deleting a row \
                 logs out at once.",
            ),
            Miss(
                "It would work until somebody is blocked: the token goes on until `exp`. With a list of revoked ones you \
                 have the look-up back that the JWT was to spare.",
            ),
            Also("An opaque token that the server looks up is a session under another name. The reason is the same."),
        ],
    },
    Case {
        name: "companies",
        title: "Two companies",
        tells: "Employees of one company log in there, and use a program of another company. The two share no database; \
                the second must know who comes.",
        replies: [
            Miss("A session lives in one company's store, and the other cannot look into it."),
            Best(
                "The issuer signs with its private key, the other verifies with the public one, and `aud` says for whom \
                 it is. OpenID Connect's ID token is just this.",
            ),
            Miss(
                "Nearly: it can be made to work when the second company may ask the first about each token (RFC 7662). \
                 But single sign-on between companies has a standard, OpenID Connect, and its ID token is a JWT.",
            ),
        ],
    },
    Case {
        name: "download",
        title: "The download",
        tells: "A page gives a link to one large file, which a storage service hands out. The link should work for five \
                minutes and for nothing else.",
        replies: [
            Miss(
                "The storage service is another host: it neither gets the cookie nor knows the session. What it needs \
                 must stand in the link.",
            ),
            Also(
                "A JWT that names one file, one audience and five minutes is a signed address with a longer spelling. \
                 Mind that addresses are logged, so it must open nothing else.",
            ),
            Best(
                "The signature covers the path and the end, and the storage service checks it alone. Storage services \
                 have such signed addresses ready.",
            ),
        ],
    },
    Case {
        name: "remember",
        title: "Remember me",
        tells: "A site keeps people logged in on their own machine for 90 days. They can see their devices in a list, and \
                log out a lost one.",
        replies: [
            Also(
                "A session that is kept for 90 days can be listed and ended. Keep the id hashed, and change it at each \
                 login.",
            ),
            Miss(
                "For 90 days nobody could call it back, and the list of devices is a store after all. A long life and no \
                 revocation is what a JWT is worst at.",
            ),
            Best(
                "A random token for each device, kept hashed in the database and replaced at each use. The list of \
                 devices is the table, and one row less logs one out.",
            ),
        ],
    },
    Case {
        name: "services",
        title: "Microservices",
        tells: "One issuer logs people in. Thirty services behind it must know on each call who calls, and a look-up for \
                each would load one of them with all the calls.",
        replies: [
            Miss(
                "One session store for thirty services is the look-up on each call that was to be spared, and all thirty \
                 fall with it.",
            ),
            Best(
                "Each service verifies alone with the issuer's public key. A life of minutes bounds the damage, and the \
                 issuer keeps what renews it.",
            ),
            Also(
                "An opaque token outside, which the gateway exchanges or has introspected (RFC 7662) and caches for a \
                 moment, does it too: it can be ended at once. Inside, the gateway often hands on a JWT.",
            ),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_has_one_best_answer_and_one_that_misses() {
        for case in &CASES {
            let replies = Carrier::ALL.map(|carrier| case.reply(carrier));
            assert_eq!(replies.iter().filter(|it| matches!(it, Best(_))).count(), 1, "{}", case.name);
            assert!(replies.iter().any(|it| !it.is_right()), "{}", case.name);
        }
    }

    #[test]
    fn no_carrier_is_right_everywhere() {
        for carrier in Carrier::ALL {
            assert!(CASES.iter().any(|case| !case.reply(carrier).is_right()), "{}", carrier.name());
            assert_eq!(Carrier::parse(carrier.name()), Some(carrier));
        }
    }
}
