//! The shapes of what test mode reads and answers.

use super::{PROFILES, TOKEN, needed, optional, schema};
use crate::keys::Algorithm;
use crate::profiles::demo::DemoAlgorithm;
use crate::profiles::flawed::Flaw;
use crate::web::http::endpoint::Kind;
use crate::web::site::docs::Schema;

/// `none`, and every algorithm.
const NONE_OR_ALGORITHM: [&str; 1 + Algorithm::NAMES.len()] = after("none", &Algorithm::NAMES);

/// Those of the demo and of bearer tokens.
const OF_FLAWED: [&str; 1 + Algorithm::NAMES_OF_PAIRS.len()] = after("HS256", &Algorithm::NAMES_OF_PAIRS);

/// A list with one more name in front.
const fn after<const N: usize>(first: &'static str, others: &[&'static str]) -> [&'static str; N] {
    let mut names = [first; N];
    let mut place = 0;
    while place < others.len() {
        names[1 + place] = others[place];
        place += 1;
    }
    names
}

/// Those of test mode.
pub(in crate::web::site::docs) const TEST_SCHEMAS: &[Schema] = &[
    schema(
        "Clock",
        "Where the clock is set to, and whether it runs on from there.",
        &[
            optional("now", Kind::Within(0, 100_000_000_000), "Seconds since 1970."),
            optional(
                "advance",
                Kind::Within(-99_999_999_999, 100_000_000_000),
                "Seconds to move it by, back where it is negative; it stays within the years 1970 to 5138.",
            ),
            optional("real", Kind::True, "It follows the machine's clock again."),
            optional(
                "running",
                Kind::Flag,
                "Whether it runs on from there. Default: it stands still. As the only member, it starts or stops the \
                 clock where it is.",
            ),
        ],
    )
    .closed()
    .with_one_of(&["now", "advance", "real"])
    .or_alone("running")
    .apart(["real", "running"]),
    schema("Now", "What the clock shows.", &[needed("now", Kind::Number, "Seconds since 1970.")]),
    schema(
        "Order",
        "What to sign, and with what.",
        &[
            optional(
                "algorithm",
                Kind::OneOf(&NONE_OR_ALGORITHM),
                "Without, the one that the key is for; none leaves the signature out.",
            ),
            optional(
                "key",
                Kind::Either(&[PROFILES, Kind::Object, Kind::Text]),
                "The profile whose key signs. Default: demo. Or a key itself: a JWK, a set of them, or the text of \
                 PEM or OpenSSH.",
            ),
            optional("header", Kind::Object, "Used as it is. Default: the header of the profile."),
            optional("header_text", Kind::Text, "Any text, in place of the object."),
            optional("claims", Kind::Object, "The payload."),
            optional("claims_text", Kind::Text, "Any text, in place of the object."),
        ],
    )
    .closed()
    .with_one_of(&["claims", "claims_text"])
    .apart(["header", "header_text"]),
    schema(
        "TestSession",
        "What a session holds.",
        &[
            needed("token", Kind::Text, "Any text."),
            optional("algorithm", Kind::OneOf(&DemoAlgorithm::NAMES), "What the session expects. Default: as before."),
        ],
    )
    .closed(),
    schema(
        "Flaw",
        "What is to be wrong.",
        &[
            needed(
                "flaw",
                Kind::OneOf(Flaw::NAMES),
                "The one thing that is wrong.",
            ),
            optional("profile", PROFILES, "The kind of token. Default: demo."),
            optional(
                "algorithm",
                Kind::OneOf(&OF_FLAWED),
                "For demo and lab HS256 or RS256; for bearer any but HS256, and key_confusion is HS256 over that key.",
            ),
            optional("claims", Kind::Object, "Laid over the claims of a good token before it is spoiled."),
            optional(
                "by",
                Kind::Whole(1, 1_000_000_000),
                "How far its times are in the past or in the future, in seconds. Default: 3600.",
            ),
        ],
    )
    .closed(),
    schema(
        "Flawed",
        "A token, and what this server's verifier says of it.",
        &[TOKEN, needed("expected_code", Kind::Code, "The code of the verdict.")],
    ),
    schema(
        "TestUser",
        "What ID tokens and userinfo say of a user beside the usual claims, or in place of them.",
        &[needed(
            "claims",
            Kind::Object,
            "At most 64, and 4096 bytes as JSON. None of them is iss, sub, aud, exp, iat, nonce, auth_time, azp, at_hash \
             or jti.",
        )],
    )
    .closed(),
    schema(
        "TestRotation",
        "Which keys are followed by new ones, and when those begin to sign.",
        &[
            optional("keys", Kind::OneOf(&["all", "demo", "bearer"]), "Whose keys. Default: all."),
            optional(
                "withdraw",
                Kind::Flag,
                "Whether the old keys are neither published nor accepted any more. The new ones sign at once then.",
            ),
            optional("after", Kind::Whole(0, 86_400), "In so many seconds. Default: at once."),
        ],
    )
    .closed(),
    schema("PrivateKeys", "A set of private keys (RFC 7517 §5).", &[needed("keys", Kind::ListOf("PrivateKey"), "By profile.")]),
    schema(
        "PrivateKey",
        "What a profile signs with now, as a JWK.",
        &[
            needed("profile", PROFILES, "Whose key it is."),
            needed("kty", Kind::OneOf(&["oct", "RSA"]), "The kind of key."),
            needed("use", Kind::OneOf(&["sig"]), "What it is for."),
            needed("alg", Kind::Text, "What it signs."),
            optional("kid", Kind::Text, "What its tokens call it."),
            optional("k", Kind::Text, "A secret, base64url."),
            optional("n", Kind::Text, "The modulus of an RSA key, base64url."),
            optional("e", Kind::Text, "Its exponent."),
            optional("d", Kind::Text, "Its private exponent."),
            optional("p", Kind::Text, "Its first prime."),
            optional("q", Kind::Text, "Its second prime."),
            optional("dp", Kind::Text, "d modulo p - 1."),
            optional("dq", Kind::Text, "d modulo q - 1."),
            optional("qi", Kind::Text, "The inverse of q modulo p."),
        ],
    ),
    schema(
        "TestFault",
        "Which answers fail or wait. With delay_ms and without status, they only wait.",
        &[
            needed(
                "path",
                Kind::Pattern(
                    "^/[!-\"$->@-~]{0,1023}$",
                    "a path of at most 1024 characters, without a query and not under /test/",
                ),
                "The path whose next answers these are, as it is sent.",
            ),
            optional("status", Kind::Whole(200, 599), "The status of the answer. Default: 503."),
            optional("times", Kind::Whole(1, 1000), "How many answers. Default: 1."),
            optional("delay_ms", Kind::Whole(0, 30_000), "How long each waits, in milliseconds. Default: 0."),
            optional(
                "body",
                Kind::Short(0, 4096),
                "What the failing answers say. Default: nothing. One that begins with { or [ is sent as JSON.",
            ),
            optional(
                "retry_after",
                Kind::Whole(0, 86_400),
                "Their header Retry-After, in seconds. Like body, it needs status beside delay_ms.",
            ),
        ],
    )
    .closed(),
    schema(
        "ReceivedRequests",
        "Requests that were received, the newest first.",
        &[needed("requests", Kind::ListOf("ReceivedRequest"), "None of them is one to /test/.")],
    ),
    schema(
        "ReceivedRequest",
        "One request. Credentials, tokens, codes, verifiers, cookies, passwords and secrets read `…`. Of `Authorization`, \
         its scheme is left, and of Basic the client id.",
        &[
            needed("at", Kind::Number, "When it came, in seconds since 1970 by the clock of this server."),
            needed("method", Kind::Text, "GET, POST and so on."),
            needed("path", Kind::Text, "Without the query."),
            needed("query", Kind::Object, "The parameters by name; one that came several times is a list."),
            needed("headers", Kind::Object, "The same, by names in lower case."),
            needed("form", Kind::Nullable(&Kind::Object), "The same of a form; null where the body is none."),
            needed("status", Kind::Whole(100, 599), "What was answered."),
        ],
    ),
    schema("TestReset", "A reset takes no settings.", &[]).closed(),
];
