//! The shapes of bodies and answers, by the names that the document gives them.

use super::{Kind, Member, Schema};

const fn needed(name: &'static str, kind: Kind, says: &'static str) -> Member {
    Member { name, kind, is_required: true, says }
}

const fn optional(name: &'static str, kind: Kind, says: &'static str) -> Member {
    Member { name, kind, is_required: false, says }
}

const fn schema(name: &'static str, says: &'static str, members: &'static [Member]) -> Schema {
    Schema { name, says, extends: None, members }
}

const TTL: Member = optional("ttl", Kind::Nullable(&Kind::Whole(1, 86_400)), "The token's life in seconds.");
const USERNAME: Member = optional("username", Kind::Text, "Left out where HTTP Basic gives it.");
const PASSWORD: Member = optional("password", Kind::Text, "Left out where HTTP Basic gives it.");
const TOKEN: Member = needed("token", Kind::Text, "A JWT in its compact form.");

pub(super) const SCHEMAS: &[Schema] = &[
    schema(
        "Problem",
        "Why a request is refused.",
        &[
            needed("error", Kind::Code, "Stable; the README's table says what each means."),
            needed("message", Kind::Text, "One sentence for a person."),
        ],
    ),
    schema(
        "Algorithm",
        "The choice of an algorithm, as a form.",
        &[needed("algorithm", Kind::OneOf(&["HS256", "RS256"]), "What this session's tokens are signed with.")],
    ),
    schema(
        "Verdict",
        "Every check of the verifier, and whether the whole is accepted.",
        &[
            needed("accepted", Kind::Flag, "Whether every check passed."),
            needed("code", Kind::Code, "accepted, or that of the check that failed."),
            needed("message", Kind::Text, "One sentence for a person."),
            needed("checks", Kind::ListOf("Check"), "In the order in which they are made."),
            needed("header", Kind::Nullable(&Kind::Object), "Null where it cannot be read."),
            optional("claims", Kind::Object, "There only when the token is accepted."),
        ],
    ),
    schema(
        "Check",
        "One check; what follows the outcome is there when it failed.",
        &[
            needed("check", Kind::Check, "Which."),
            needed("outcome", Kind::OneOf(&["passed", "failed", "not_reached"]), "What it came to."),
            optional("code", Kind::Code, "Why it failed."),
            optional("message", Kind::Text, "One sentence for a person."),
            optional("expected", Kind::Text, "What would have passed."),
            optional("found", Kind::Text, "What the token has."),
            optional("rfc", Kind::Text, "Where the rule stands."),
        ],
    ),
    schema("Token", "A token that was made.", &[TOKEN]),
    schema(
        "AccessTokenRequest",
        "Who asks, and for what.",
        &[
            USERNAME,
            PASSWORD,
            TTL,
            optional(
                "grants",
                Kind::Nullable(&Kind::Object),
                "By name: voice, video, chat, conversations, sync, task_router, playback. Left out: the video room My Room.",
            ),
            optional(
                "region",
                Kind::Nullable(&Kind::Text),
                "Where the account is hosted; it goes into the header as twr.",
            ),
        ],
    ),
    schema("ApiKeyTokenRequest", "Who asks, and for how long.", &[USERNAME, PASSWORD, TTL]),
    schema(
        "Exchange",
        "A JWT bearer grant (RFC 7523), as a form.",
        &[
            needed(
                "grant_type",
                Kind::OneOf(&["urn:ietf:params:oauth:grant-type:jwt-bearer"]),
                "The only one there is here.",
            ),
            needed("assertion", Kind::Text, "A token of the zoom profile; one with a jti is taken once."),
        ],
    ),
    schema(
        "AccessToken",
        "RFC 6749 §5.1.",
        &[
            needed("access_token", Kind::Text, "A JWT of RFC 9068."),
            needed("token_type", Kind::OneOf(&["Bearer"]), "How to present it."),
            needed("expires_in", Kind::Whole(600, 600), "In seconds."),
        ],
    ),
    schema(
        "OAuthError",
        "RFC 6749 §5.2.",
        &[
            needed(
                "error",
                Kind::OneOf(&[
                    "invalid_request",
                    "invalid_grant",
                    "unsupported_grant_type",
                    "server_error",
                    "temporarily_unavailable",
                ]),
                "In the words of the RFC.",
            ),
            optional("error_description", Kind::Text, "With the code of the check that failed."),
        ],
    ),
    schema(
        "Me",
        "Whom the bearer token is about.",
        &[
            needed("sub", Kind::Text, "The subject."),
            needed("client_id", Kind::Text, "Who asked for it."),
            needed("exp", Kind::Number, "When it ends, in seconds since 1970."),
        ],
    ),
    schema(
        "Login",
        "Who asks, as a form.",
        &[needed("username", Kind::Text, "Not empty."), needed("password", Kind::Text, "Not empty.")],
    ),
    schema(
        "RestAnswer",
        "The tutorial's shape; its numbers are text.",
        &[
            needed("error", Kind::OneOf(&["0", "1", "2", "3"]), "0 is no error, 3 a fault of this server."),
            needed("message", Kind::Text, "In the tutorial's words."),
        ],
    ),
    Schema {
        name: "RestToken",
        says: "A token in the tutorial's shape.",
        extends: Some("RestAnswer"),
        members: &[TOKEN, needed("Elapse_time", Kind::Text, "When it ends, in UTC.")],
    },
    schema(
        "Transaction",
        "One phone token that was issued.",
        &[
            needed("xid", Kind::Short(1, 128), "The external id."),
            needed("phone_number", Kind::Short(7, 16), "As it was given."),
            needed("issued_at", Kind::Time, "The token's iat."),
            needed("expires_at", Kind::Time, "The token's exp."),
            needed("status", Kind::Short(1, 64), "issued, verified, or what the callback said."),
            needed("verified_at", Kind::Nullable(&Kind::Time), "When the token was presented."),
            TOKEN,
        ],
    ),
    schema(
        "TransactionList",
        "Transactions of one number, the newest first.",
        &[
            needed("transactions", Kind::ListOf("Transaction"), "One page of them."),
            needed("next", Kind::Nullable(&Kind::Text), "For after, when there are more."),
        ],
    ),
    schema(
        "StatusReport",
        "What a verification came to.",
        &[needed("status", Kind::Short(1, 64), "Any text without control characters.")],
    ),
    Schema {
        name: "VerifiedToken",
        says: "A verdict that accepts, with the transaction that it settles.",
        extends: Some("Verdict"),
        members: &[needed("transaction", Kind::Of("Transaction"), "Verified from now on.")],
    },
    schema(
        "Jwks",
        "Public keys (RFC 7517 §5), the signing one first.",
        &[needed("keys", Kind::ListOf("Jwk"), "RSA alone.")],
    ),
    schema(
        "Jwk",
        "One public key.",
        &[
            needed("kty", Kind::OneOf(&["RSA"]), "The kind of key."),
            needed("use", Kind::OneOf(&["sig"]), "What it is for."),
            needed("alg", Kind::OneOf(&["RS256"]), "What it verifies."),
            needed("kid", Kind::Text, "Its RFC 7638 thumbprint."),
            needed("n", Kind::Text, "The modulus, base64url."),
            needed("e", Kind::Text, "The exponent, base64url."),
        ],
    ),
    schema(
        "Document",
        "This very document (OpenAPI 3.1).",
        &[
            needed("openapi", Kind::OneOf(&["3.1.0"]), "The version of the format."),
            needed("info", Kind::Object, "Title and version."),
            needed("servers", Kind::List(&Kind::Object), "This one."),
            needed("tags", Kind::List(&Kind::Object), "The groups of operations."),
            needed("paths", Kind::Object, "The operations by address and method."),
            needed("components", Kind::Object, "The shapes by name."),
        ],
    ),
];
