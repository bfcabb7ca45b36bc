//! What the pages of the tutorials say.

use super::{Difference, Step, Tutorial};

/// The tutorials, in the order of the site.
pub(in crate::web) const TUTORIALS: &[Tutorial] = &[DEMO, TWILIO, ZOOM, REST_API, TELESIGN];

const DEMO: Tutorial = Tutorial {
    profile: "demo",
    title: "A JWT in a Flask session",
    mirrors: "A page with two links. Get token signs {\"sub\":\"bob\"} for sixty seconds into the session cookie; Show \
              details verifies it and shows bob, or Invalid token. Once with a shared secret, once with an RSA pair.",
    differences: &[
        Difference {
            original: "Shows the text of the address unescaped, so a link can run a script on the page.",
            here: "Every text is escaped, and one that the verdict does not confirm is marked as such.",
        },
        Difference {
            original: "Answers Invalid token whatever the fault.",
            here: "The page and the JSON name the check that failed, with its code and its RFC section.",
        },
        Difference {
            original: "Accepts a token without an end, and has secrets that a word list finds.",
            here: "sub, iat and exp are required, and secrets are made at the first start.",
        },
        Difference {
            original: "Its ssh-keygen writes a form that PyJWT cannot load, so RS256 always ends at Error 400.",
            here: "That form loads, beside PKCS#1 and PKCS#8.",
        },
        Difference {
            original: "Keeps the token readable in a signed cookie, without SameSite.",
            here: "The cookie is encrypted, and SameSite=Lax.",
        },
    ],
    steps: &[
        Step {
            says: "Get a token into a cookie jar",
            command: "curl -s -c jar -o /dev/null -w '%{http_code} %{redirect_url}\\n' {base}/generate",
            answer: "302 {base}/Token%20Generated%20successfully!!",
        },
        Step {
            says: "Show its details",
            command: "curl -s -b jar -o /dev/null -w '%{http_code} %{redirect_url}\\n' {base}/validate",
            answer: "302 {base}/bob",
        },
    ],
};

const TWILIO: Tutorial = Tutorial {
    profile: "twilio",
    title: "Access tokens for Twilio",
    mirrors: "An endpoint that exchanges a username and a password for an access token with the video room My Room, as \
              Twilio's browser libraries take it. The token is, byte for byte, what twilio's Python library makes.",
    differences: &[
        Difference {
            original: "Answers 500 for a JSON body that is no object, and takes a number for a username.",
            here: "Both are a 400 that says what is accepted.",
        },
        Difference {
            original: "Grants one room to everybody.",
            here: "The request may name grants: voice, video, chat, conversations, sync, task_router and playback.",
        },
        Difference {
            original: "Has no upper limit on ttl, and the service refuses more than a day.",
            here: "ttl is 1 to 86400 seconds.",
        },
    ],
    steps: &[
        Step {
            says: "The tutorial's request",
            command: "curl -s {base}/token -H 'Content-Type: application/json' -d '{\"username\":\"susan\",\"password\":\"secret\"}'",
            answer: "{\"token\":\"eyJ…\"}",
        },
        Step {
            says: "Without a password",
            command: "curl -s {base}/token -H 'Content-Type: application/json' -d '{\"username\":\"susan\"}'",
            answer: "{\"error\":\"bad_credentials\",\"message\":\"A username and a password are required.\"}",
        },
        Step {
            says: "Several grants at once, for ten minutes, by HTTP Basic",
            command: "curl -s {base}/token -u susan:secret -H 'Content-Type: application/json' -d \
                      '{\"ttl\":600,\"grants\":{\"video\":{\"room\":\"Lobby\"},\"sync\":{\"service_sid\":\"IS1\"}}}'",
            answer: "{\"token\":\"eyJ…\"}",
        },
    ],
};

const ZOOM: Tutorial = Tutorial {
    profile: "zoom",
    title: "API-key tokens for Zoom, and the bearer exchange",
    mirrors: "A token that says only who made it and when it ends, signed with an API secret. It can be exchanged for a \
              bearer token (RFC 7523), which the resource /api/me takes (RFC 6750).",
    differences: &[
        Difference {
            original: "Says that exp counts seconds, and shows milliseconds in its example.",
            here: "Seconds; a token in milliseconds is refused, and the verdict names the mistake.",
        },
        Difference {
            original: "Mentions the exchange for an access token and shows none.",
            here: "The exchange is built, and an assertion with a jti is taken once.",
        },
    ],
    steps: &[
        Step {
            says: "Get a token",
            command: "curl -s {base}/zoom/token -u susan:secret -X POST",
            answer: "{\"token\":\"eyJ…\"}",
        },
        Step {
            says: "Exchange one for a bearer token, and use that",
            command: "TOKEN=$(curl -s {base}/zoom/token -u susan:secret -X POST | cut -d'\"' -f4)\n\
                      BEARER=$(curl -s {base}/oauth/token -d assertion=$TOKEN \
                      -d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer | cut -d'\"' -f4)\n\
                      curl -s {base}/api/me -H \"Authorization: Bearer $BEARER\"",
            answer: "{\"sub\":\"…\",\"client_id\":\"…\",\"exp\":…}",
        },
        Step {
            says: "The resource without a token",
            command: "curl -s {base}/api/me",
            answer: "{\"error\":\"no_token\",\"message\":\"A bearer token is required.\"}",
        },
    ],
};

const REST_API: Tutorial = Tutorial {
    profile: "rest-api",
    title: "A REST pair with PyJWT",
    mirrors: "Two endpoints: one signs a token for the user of a form, for half an hour; the other lets those through \
              who send it in the header TOKEN.",
    differences: &[
        Difference {
            original: "Never looks at the password, and signs a token for nobody when there is no user.",
            here: "Both are required, and checked where the server keeps users.",
        },
        Difference {
            original: "Answers 500 where the header is missing, though its text says that it asks for a token.",
            here: "401 with error 2, Token required.",
        },
        Difference {
            original: "Prints its secret in the text.",
            here: "The secret is made at the first start, and belongs to this pair alone.",
        },
    ],
    steps: &[
        Step {
            says: "Log in",
            command: "curl -s {base}/loginEndpoint -d username=susan -d password=secret",
            answer: "{\"error\":\"0\",\"message\":\"Successful\",\"token\":\"eyJ…\",\"Elapse_time\":\"…\"}",
        },
        Step {
            says: "Use the token",
            command: "TOKEN=$(curl -s {base}/loginEndpoint -d username=susan -d password=secret | cut -d'\"' -f12)\n\
                      curl -s -X POST {base}/anEndpoint -H \"TOKEN: $TOKEN\"",
            answer: "{\"error\":\"0\",\"message\":\"You Are verified\"}",
        },
        Step {
            says: "Without one",
            command: "curl -s -X POST {base}/anEndpoint",
            answer: "{\"error\":\"2\",\"message\":\"Token required\"}",
        },
    ],
};

const TELESIGN: Tutorial = Tutorial {
    profile: "telesign",
    title: "A JWT service for phone verification",
    mirrors: "An app asks for a token for a phone number; the service stores it under an external id, the xid, so that \
              the outcome of the verification can be looked up later.",
    differences: &[
        Difference {
            original: "Makes a response and returns another, so a failure is a 200 with an empty body.",
            here: "A token is stored before it is answered; without the store there is a 503 and no token.",
        },
        Difference {
            original: "Takes any text for a phone number, and any xid twice.",
            here: "A number has 7 to 15 digits; an xid belongs to one number, and a verified one is over.",
        },
        Difference {
            original: "Stores transactions that no route reads.",
            here: "Get Status, the list of a number, the receiving side and the callback are there.",
        },
        Difference {
            original: "Limits to one request a second for each process, and names no time to wait.",
            here: "One a second for each client, with Retry-After.",
        },
    ],
    steps: &[
        Step { says: "A token for a number", command: "curl -s {base}/v1/token/15555551212", answer: "eyJ…" },
        Step {
            says: "The same number again within the second",
            command: "curl -s {base}/v1/token/15555551212 -o /dev/null; curl -s {base}/v1/token/15555551212",
            answer: "{\"error\":\"too_often\",\"message\":\"This client asks for phone tokens too often. Try again in 1 s.\"}",
        },
    ],
};
