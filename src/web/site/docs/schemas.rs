//! The shapes of bodies and answers, by the names that the document gives them.

mod test_mode;

use super::{Member, Schema};
use crate::keys::Algorithm;
use crate::profiles;
use crate::profiles::demo::DemoAlgorithm;
use crate::web::http::endpoint::Kind;
pub(super) use test_mode::TEST_SCHEMAS;

const fn needed(name: &'static str, kind: Kind, says: &'static str) -> Member {
    Member { name, kind, is_required: true, says }
}

const fn optional(name: &'static str, kind: Kind, says: &'static str) -> Member {
    Member { name, kind, is_required: false, says }
}

const fn schema(name: &'static str, says: &'static str, members: &'static [Member]) -> Schema {
    Schema { name, says, extends: None, members, is_closed: false, one_of: &[], or_alone: None, apart: None }
}

/// The members of `base`, and these.
const fn extended(base: &'static str, name: &'static str, says: &'static str, members: &'static [Member]) -> Schema {
    Schema { extends: Some(base), ..schema(name, says, members) }
}

const TTL: Member = optional("ttl", Kind::Nullable(&Kind::Whole(1, 86_400)), "The token's life in seconds.");
const USERNAME: Member = optional("username", Kind::Text, "Left out where HTTP Basic gives it.");
const PASSWORD: Member = optional("password", Kind::Text, "Left out where HTTP Basic gives it.");
const TOKEN: Member = needed("token", Kind::Text, "A JWT in its compact form.");

const CLIENT_ID: Member = optional("client_id", Kind::Plain(1, 128), "Left out where HTTP Basic gives it.");
const CLIENT_SECRET: Member =
    optional("client_secret", Kind::Text, "Left out or empty where HTTP Basic gives it, or the client has none.");
const TEXTS: Kind = Kind::List(&Kind::Text);

const PART: Kind = Kind::OneOf(&["ok", "away"]);

/// An object, or the text of one; null counts as left out.
const OBJECT_OR_TEXT: Kind = Kind::Either(&[Kind::Object, Kind::Text, Kind::Nothing]);

const PROFILES: Kind = Kind::OneOf(&profiles::NAMES);

pub(super) const SCHEMAS: &[Schema] = &[
    schema(
        "Problem",
        "Why a request is refused.",
        &[
            needed("error", Kind::Code, "Stable; the docs say what each code means."),
            needed("message", Kind::Text, "One sentence for a person."),
        ],
    ),
    schema(
        "Readiness",
        "Whether every part answers that requests are answered with.",
        &[needed("ready", Kind::Flag, "Whether every one does."), needed("parts", Kind::Of("Parts"), "Each of them.")],
    ),
    schema(
        "Parts",
        "The parts, of which those in this process are always there.",
        &[
            needed("store", PART, "Transactions and users."),
            needed("sessions", PART, "The visitors' sessions."),
            needed("rates", PART, "The rate counters."),
        ],
    ),
    schema(
        "Algorithm",
        "The choice of an algorithm, as a form.",
        &[needed("algorithm", Kind::OneOf(&DemoAlgorithm::NAMES), "What this session's tokens are signed with.")],
    ),
    schema(
        "AuthorizationRequest",
        "What a client asks for, as a form. The operation authorize says what each field means.",
        &[
            needed("client_id", Kind::Plain(1, 128), "Which client asks."),
            needed("redirect_uri", Kind::Text, "Where the browser goes afterwards. Which are accepted is a setting."),
            optional("response_type", Kind::Text, "code, else the client is told so."),
            optional("response_mode", Kind::Text, "query, or form_post."),
            optional("scope", Kind::Text, "Scopes with spaces between."),
            optional("state", Kind::Text, "Comes back with the code."),
            optional("nonce", Kind::Text, "Goes into the ID token."),
            optional("code_challenge", Kind::Text, "PKCE (RFC 7636)."),
            optional("code_challenge_method", Kind::Text, "S256, with a challenge."),
            optional("prompt", Kind::Text, "none, login, consent or select_account."),
            optional("login_hint", Kind::Text, "The name that the login page begins with."),
            optional("id_token_hint", Kind::Text, "An ID token of the user who should log in; it may have expired."),
            optional("max_age", Kind::Text, "How many seconds ago the login may have been."),
            optional("audience", Kind::Text, "The API that the access token is for."),
            optional("resource", Kind::Text, "The same as a URI; may be repeated."),
        ],
    ),
    schema(
        "LoginForClient",
        "The request of a client, of which any field of AuthorizationRequest may be here too, and who logs in.",
        &[
            needed("client_id", Kind::Plain(1, 128), "Which client asks."),
            needed("redirect_uri", Kind::Text, "Where the browser goes afterwards. Which are accepted is a setting."),
            needed("username", Kind::NotEmpty, "The user's name."),
            needed("password", Kind::NotEmpty, "The password; any, where the server checks none."),
        ],
    ),
    schema(
        "LogoutRequest",
        "What a client asks for at the end, as a form. The operation logOutForClient says what each field means.",
        &[
            optional("id_token_hint", Kind::Text, "An ID token that this issuer gave the client."),
            optional("client_id", Kind::Text, "Must be the one of the ID token."),
            optional("post_logout_redirect_uri", Kind::Text, "Where the browser goes afterwards."),
            optional("state", Kind::Text, "Comes back to that address."),
        ],
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
            optional("grants", Kind::Nullable(&Kind::Of("Grants")), "Left out: the video room My Room."),
            optional(
                "region",
                Kind::Nullable(&Kind::Text),
                "Where the account is hosted; it goes into the header as twr.",
            ),
        ],
    ),
    schema(
        "Grants",
        "What the token lets its holder use, by name; none at all without members.",
        &[
            optional("voice", Kind::Of("VoiceGrant"), "Calls."),
            optional("video", Kind::Of("VideoGrant"), "Rooms."),
            optional("chat", Kind::Of("ChatGrant"), "The name of conversations before."),
            optional("conversations", Kind::Of("ChatGrant"), "Conversations."),
            optional("sync", Kind::Of("SyncGrant"), "Shared state."),
            optional("task_router", Kind::Of("TaskRouterGrant"), "Work for agents."),
            optional("playback", Kind::Object, "As the service returned it."),
        ],
    )
    .closed()
    .apart(["chat", "conversations"]),
    schema(
        "VoiceGrant",
        "Calls.",
        &[
            optional("incoming", Kind::Either(&[Kind::Flag, Kind::Of("Incoming")]), "Whether calls may come in."),
            optional("outgoing", Kind::Of("Outgoing"), "Where calls go out."),
            optional("push_credential_sid", Kind::Text, "For notifications."),
            optional("endpoint_id", Kind::Text, "The device."),
        ],
    )
    .closed(),
    schema("Incoming", "Whether calls may come in.", &[optional("allow", Kind::Flag, "Whether they may.")]).closed(),
    schema(
        "Outgoing",
        "The application that places calls; without one, params mean nothing.",
        &[
            optional("application_sid", Kind::Text, "The application."),
            optional("params", Kind::Object, "What it is handed. Its numbers are 64-bit integers."),
        ],
    )
    .closed(),
    schema("VideoGrant", "Rooms.", &[optional("room", Kind::Text, "The one room. Default: any room.")]).closed(),
    schema(
        "ChatGrant",
        "Conversations.",
        &[
            optional("service_sid", Kind::Text, "The service."),
            optional("endpoint_id", Kind::Text, "The device."),
            optional("deployment_role_sid", Kind::Text, "The role."),
            optional("push_credential_sid", Kind::Text, "For notifications."),
        ],
    )
    .closed(),
    schema(
        "SyncGrant",
        "Shared state.",
        &[optional("service_sid", Kind::Text, "The service."), optional("endpoint_id", Kind::Text, "The device.")],
    )
    .closed(),
    schema(
        "TaskRouterGrant",
        "Work for agents.",
        &[
            optional("workspace_sid", Kind::Text, "The workspace."),
            optional("worker_sid", Kind::Text, "The agent."),
            optional("role", Kind::Text, "What the agent may do."),
        ],
    )
    .closed(),
    schema("ApiKeyTokenRequest", "Who asks, and for how long.", &[USERNAME, PASSWORD, TTL]),
    schema(
        "GrantRequest",
        "A request for tokens, as a form. Each grant has parameters of its own.",
        &[
            needed(
                "grant_type",
                Kind::OneOf(&[
                    "authorization_code",
                    "client_credentials",
                    "refresh_token",
                    "urn:ietf:params:oauth:grant-type:jwt-bearer",
                ]),
                "The grant.",
            ),
            CLIENT_ID,
            CLIENT_SECRET,
            optional("scope", Kind::Text, "Scopes with one space between two; for a refresh token, a part of its own."),
            optional("audience", Kind::Text, "The API that the access token is for. Default: this issuer."),
            optional("resource", Kind::Text, "The same as an absolute URI (RFC 8707). It may be repeated."),
            optional("code", Kind::Text, "Of the grant authorization_code."),
            optional("redirect_uri", Kind::Text, "That of the authorization request, to the letter."),
            optional("code_verifier", Kind::Text, "Of PKCE (RFC 7636); required of a client without a secret."),
            optional("refresh_token", Kind::Text, "Of the grant refresh_token. It is good once."),
            optional(
                "assertion",
                Kind::Text,
                "Of the grant jwt-bearer: a token of the zoom profile; one with a jti is taken once.",
            ),
        ],
    ),
    schema(
        "AccessToken",
        "RFC 6749 §5.1.",
        &[
            needed("access_token", Kind::Text, "A JWT of RFC 9068."),
            needed("token_type", Kind::OneOf(&["Bearer"]), "How to present it."),
            needed("expires_in", Kind::Whole(1, 86_400), "In seconds."),
            optional("scope", Kind::Text, "What was granted; absent if no scope was asked for."),
            optional("refresh_token", Kind::Text, "For a user's grant with the scope offline_access."),
            optional("id_token", Kind::Text, "For a user's grant with the scope openid."),
        ],
    ),
    schema(
        "TokenReference",
        "Which token a request is about, as a form.",
        &[
            needed(
                "token",
                Kind::NotEmpty,
                "An access token or a refresh token; anything else is one that is not in force.",
            ),
            optional("token_type_hint", Kind::Text, "Not needed: the token itself shows which it is."),
            CLIENT_ID,
            CLIENT_SECRET,
        ],
    ),
    schema(
        "Introspection",
        "RFC 7662 §2.2. Without the other members, the token is not in force.",
        &[
            needed("active", Kind::Flag, "Whether the token is in force."),
            optional("token_type", Kind::OneOf(&["Bearer"]), "Of an access token."),
            optional("scope", Kind::Text, "Its scopes."),
            optional("client_id", Kind::Text, "Who it was issued to."),
            optional("sub", Kind::Text, "Who it is about."),
            optional("aud", Kind::Either(&[Kind::Text, Kind::List(&Kind::Text)]), "Which APIs an access token is for."),
            optional("iss", Kind::Text, "This issuer."),
            optional("iat", Kind::Number, "When it was issued, in seconds since 1970."),
            optional("exp", Kind::Number, "When it expires, in seconds since 1970."),
            optional("jti", Kind::Text, "Its id."),
        ],
    ),
    schema(
        "UserInfoRequest",
        "Whose access token it is, as a form.",
        &[optional("access_token", Kind::Text, "The access token, where `Authorization` has none.")],
    ),
    schema(
        "UserInfo",
        "OpenID Connect Core §5.3.2. In test mode, the claims that a test gave the user too.",
        &[
            needed("sub", Kind::Text, "The user."),
            optional("name", Kind::Text, "With the scope profile."),
            optional("preferred_username", Kind::Text, "With the scope profile."),
            optional("email", Kind::Text, "With the scope email."),
            optional("email_verified", Kind::Flag, "With the scope email."),
        ],
    ),
    schema(
        "IssuerMetadata",
        "OpenID Connect Discovery §3 and RFC 8414.",
        &[
            needed("issuer", Kind::Text, "What tokens say as their issuer."),
            needed("authorization_endpoint", Kind::Text, "Where a browser logs in."),
            needed("token_endpoint", Kind::Text, "Where tokens are issued."),
            needed("jwks_uri", Kind::Text, "The public keys."),
            needed("userinfo_endpoint", Kind::Text, "Who a user is."),
            needed("introspection_endpoint", Kind::Text, "Whether a token is in force."),
            needed("revocation_endpoint", Kind::Text, "Where a token is revoked."),
            needed("end_session_endpoint", Kind::Text, "Where a browser logs out."),
            needed("response_types_supported", TEXTS, "The code flow."),
            needed("response_modes_supported", TEXTS, "How a browser brings the code back."),
            needed("grant_types_supported", TEXTS, "The grants of the token endpoint."),
            needed("code_challenge_methods_supported", TEXTS, "Of PKCE."),
            needed("token_endpoint_auth_methods_supported", TEXTS, "How clients say who they are."),
            needed("introspection_endpoint_auth_methods_supported", TEXTS, "The same for introspection."),
            needed("revocation_endpoint_auth_methods_supported", TEXTS, "The same for revocation."),
            needed("scopes_supported", TEXTS, "Scopes with a meaning here; any other is granted too."),
            needed("subject_types_supported", TEXTS, "A user has the same name for every client."),
            needed("id_token_signing_alg_values_supported", TEXTS, "What signs ID tokens."),
            needed("claims_supported", TEXTS, "Of ID tokens and of userinfo."),
            needed("authorization_response_iss_parameter_supported", Kind::Flag, "RFC 9207."),
            needed("request_uri_parameter_supported", Kind::Flag, "It is not."),
        ],
    ),
    schema(
        "ResourceMetadata",
        "RFC 9728 §2.",
        &[
            needed("resource", Kind::Text, "What access tokens for it have as their audience."),
            needed("authorization_servers", TEXTS, "This issuer."),
            needed("bearer_methods_supported", TEXTS, "How a token is sent."),
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
                    "invalid_client",
                    "invalid_grant",
                    "invalid_scope",
                    "invalid_target",
                    "unsupported_grant_type",
                    "server_error",
                    "temporarily_unavailable",
                ]),
                "In the words of the RFC.",
            ),
            needed(
                "error_description",
                Kind::Text,
                "With the code of the check that failed, where a token was judged.",
            ),
        ],
    ),
    schema(
        "Me",
        "Who the bearer token is about.",
        &[
            needed("sub", Kind::Text, "The subject."),
            needed("client_id", Kind::Text, "Who asked for it."),
            needed("exp", Kind::Number, "When it ends, in seconds since 1970."),
        ],
    ),
    schema(
        "Login",
        "Who asks, as a form.",
        &[
            needed("username", Kind::NotEmpty, "Who the token is for."),
            needed("password", Kind::NotEmpty, "The user's."),
        ],
    ),
    schema(
        "RestAnswer",
        "The tutorial's shape; its numbers are text.",
        &[
            needed("error", Kind::OneOf(&["0", "1", "2", "3"]), "0 is no error, 3 a fault of this server."),
            needed("message", Kind::Text, "In the tutorial's words."),
        ],
    ),
    extended(
        "RestAnswer",
        "RestToken",
        "A token in the tutorial's shape.",
        &[TOKEN, needed("Elapse_time", Kind::Text, "When it ends, in UTC.")],
    ),
    schema(
        "Transaction",
        "One phone token that was issued.",
        &[
            needed("xid", Kind::Short(1, 128), "The external id."),
            needed(
                "phone_number",
                Kind::Short(7, 16),
                "As it was given last, with or without a plus; both name one number.",
            ),
            needed("issued_at", Kind::Time, "The token's iat."),
            needed("expires_at", Kind::Time, "The token's exp."),
            needed("status", Kind::Plain(1, 64), "issued, verified, or what the callback said."),
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
    schema("StatusReport", "What a verification came to.", &[needed("status", Kind::Plain(1, 64), "Any such text.")]),
    extended(
        "Verdict",
        "VerifiedToken",
        "A verdict that accepts, with the transaction that it settles.",
        &[needed("transaction", Kind::Of("Transaction"), "Verified from now on.")],
    ),
    schema(
        "Inspection",
        "What the bench is asked to do.",
        &[
            needed("action", Kind::OneOf(&["decode", "verify", "sign"]), "To read, to judge, or to make a token."),
            optional(
                "token",
                Kind::Nullable(&Kind::Text),
                "To decode or to verify; one over 8192 bytes is refused by its verdict.",
            ),
            optional(
                "profile",
                Kind::Nullable(&PROFILES),
                "Whose rules and keys of this server judge the token where no key is given. Left out: demo.",
            ),
            optional(
                "key",
                Kind::Either(&[Kind::Of("PastedKey"), Kind::Text, Kind::Nothing]),
                "This key alone, whatever kid says; to sign takes one. As text: in any of the forms.",
            ),
            optional(
                "algorithm",
                Kind::Nullable(&Kind::OneOf(&Algorithm::NAMES)),
                "Default: the algorithm of the key. Without a key, that of the profile; for demo and lab, that of \
                 the session.",
            ),
            optional("header", OBJECT_OR_TEXT, "To sign: further members, over alg and typ; alg is always the key's."),
            optional("claims", OBJECT_OR_TEXT, "To sign: they are signed as they are written, but for blanks."),
        ],
    )
    .closed(),
    schema(
        "PastedKey",
        "A key in one of these forms; one at most.",
        &[
            optional(
                "secret",
                Kind::Nullable(&Kind::Text),
                "An HMAC secret, used as it is. A text with the form of a key is refused.",
            ),
            optional("pem", Kind::Nullable(&Kind::Text), "An RSA key in PEM, DER as base64, OpenSSH or ssh-rsa form."),
            optional("jwk", OBJECT_OR_TEXT, "A JWK of kind oct or RSA, or a set of them."),
        ],
    )
    .closed(),
    extended(
        "Verdict",
        "InspectedToken",
        "A verdict, with what a refused token claims.",
        &[optional(
            "unverified_claims",
            Kind::Object,
            "Of a token that is not accepted. Unless the check `signature` passed, anybody may have written it.",
        )],
    ),
    schema(
        "Attack",
        "One attack, with the code that must answer it.",
        &[
            needed("slug", Kind::Text, "Its name in addresses."),
            needed("number", Kind::Whole(1, 99), "Its row of the catalogue."),
            needed("name", Kind::Text, "Its name for people."),
            needed("changes", Kind::Text, "What is changed of the token or the request."),
            needed("expected_code", Kind::Code, "What a correct verifier answers."),
            needed("lesson", Kind::Nullable(&Kind::Text), "The lesson that it belongs to."),
            needed("rfc", Kind::Text, "The section that sets the rule."),
            needed("forges_identity", Kind::Flag, "Whether the forged token says that its bearer is `admin`."),
        ],
    ),
    schema(
        "Attempt",
        "The form of an attack.",
        &[
            optional(
                "action",
                Kind::OneOf(&["forge", "put"]),
                "To forge and judge, or to put it into the session as well.",
            ),
            optional("variant", Kind::Text, "Where the attack has several."),
        ],
    ),
    schema(
        "AttackTrial",
        "What became of a forgery.",
        &[
            needed("slug", Kind::Text, "The attack."),
            needed(
                "original",
                Kind::Nullable(&Kind::Text),
                "The token that was changed; null where a request is forged.",
            ),
            needed("forged", Kind::Text, "What was made of it."),
            needed("strict", Kind::Object, "What the strict verifier says."),
            needed("naive", Kind::Object, "What a naive verifier would answer, and why."),
            needed("expected_code", Kind::Code, "What a correct verifier answers."),
            needed("judged_by", Kind::Text, "Who judged."),
        ],
    ),
    schema(
        "LessonStep",
        "A form of a lesson. Each has further fields of its own, which its page names.",
        &[optional("predict", Kind::Text, "What the visitor expects, by the value of the choice.")],
    ),
    schema(
        "Jwks",
        "Public keys (RFC 7517 §5), the signing one first.",
        &[needed("keys", Kind::ListOf("Jwk"), "One for each algorithm in test mode.")],
    ),
    schema(
        "Jwk",
        "One public key.",
        &[
            needed("kty", Kind::OneOf(&["RSA", "EC", "OKP"]), "The kind of key."),
            needed("use", Kind::OneOf(&["sig"]), "What it is for."),
            needed("alg", Kind::OneOf(&Algorithm::NAMES_OF_PAIRS), "What it verifies."),
            needed("kid", Kind::Text, "Its RFC 7638 thumbprint; in test mode with .ALG for the further bearer keys."),
            optional("n", Kind::Text, "The modulus of an RSA key, base64url."),
            optional("e", Kind::Text, "The exponent of an RSA key, base64url."),
            optional("crv", Kind::OneOf(&["P-256", "P-384", "Ed25519"]), "The curve of an EC or OKP key."),
            optional("x", Kind::Text, "The point of an OKP key, or its first number for EC, base64url."),
            optional("y", Kind::Text, "The second number of an EC key's point, base64url."),
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
