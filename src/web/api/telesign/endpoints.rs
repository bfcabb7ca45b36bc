//! The rows of the route table for phone tokens.

use super::{status, token, transaction, transactions, verify};
use crate::web::http::endpoint::common::{FAULT, JSON, NOT_JSON, PLAIN, STORE_UNAVAILABLE};
use crate::web::http::endpoint::{
    Access, Answer, Body, Description, Endpoint, Kind, Operation, Parameter, Place, RoutePolicy,
};

const NO_CUSTOMER: Answer = Answer::refusal(401, "The customer id or the API key is missing or wrong.");
const NO_TRANSACTION: Answer = Answer::refusal(404, "No transaction has this xid.");
const FROM_ANOTHER_SITE: Answer = Answer::refusal(403, "A page of another site made the browser send this.");
const PHONE: Parameter = Parameter {
    place: Place::Path,
    name: "phone",
    kind: PHONE_KIND,
    says: "The number that the token is for.",
    example: "15555551212",
};
const PHONE_KIND: Kind = Kind::Pattern("^\\+?[0-9]{7,15}$", "7 to 15 digits, with or without a plus");
const XID: Parameter = Parameter {
    place: Place::Path,
    name: "xid",
    kind: Kind::Pattern("^[!-~]{1,128}$", "1 to 128 visible ASCII characters"),
    says: "The external id of the transaction.",
    example: "order-7",
};

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        "/v1/token/{phone}",
        RoutePolicy::OtherSites,
        &[Operation::get_only(
            |route| route.to(token),
            Description {
                id: "phoneToken",
                summary: "A token for a phone number, stored under a new xid",
                access: Access::Anybody,
                parameters: &[PHONE],
                body: None,
                own_answers: &[
                    Answer::new(200, PLAIN, "The token."),
                    Answer::refusal(400, "This is no phone number."),
                    FROM_ANOTHER_SITE,
                    Answer::refusal(429, "This client asks too often."),
                    FAULT,
                    STORE_UNAVAILABLE,
                ],
                curl: "curl -s {base}/v1/token/15555551212",
            },
        )],
    ),
    Endpoint::new(
        "/v1/token/{phone}/{xid}",
        RoutePolicy::OtherSites,
        &[Operation::get_only(
            |route| route.to(token),
            Description {
                id: "phoneTokenOfXid",
                summary: "A token for a phone number, stored under this xid",
                access: Access::Anybody,
                parameters: &[PHONE, XID],
                body: None,
                own_answers: &[
                    Answer::new(200, PLAIN, "The token; it replaces an earlier one of the same xid and number."),
                    Answer::refusal(400, "This is no phone number, or no xid."),
                    Answer::refusal(409, "The xid belongs to another number, or its transaction was verified."),
                    FROM_ANOTHER_SITE,
                    Answer::refusal(429, "This client asks too often."),
                    FAULT,
                    STORE_UNAVAILABLE,
                ],
                curl: "curl -s {base}/v1/token/15555551212/order-7",
            },
        )],
    ),
    Endpoint::new(
        "/v1/transactions",
        RoutePolicy::OtherSites,
        &[Operation::get(
            |route| route.to(transactions),
            Description {
                id: "transactions",
                summary: "The transactions of one number, the newest first",
                access: Access::Customer,
                parameters: &[
                    Parameter {
                        place: Place::RequiredQuery,
                        name: "phone_number",
                        kind: PHONE_KIND,
                        says: "As it was given when the token was made.",
                        example: "15555551212",
                    },
                    Parameter {
                        place: Place::Query,
                        name: "limit",
                        kind: Kind::Whole(1, 100),
                        says: "How many at most. Without: 20.",
                        example: "20",
                    },
                    Parameter {
                        place: Place::Query,
                        name: "after",
                        kind: Kind::Whole(1, i64::MAX),
                        says: "The next of the page before.",
                        example: "1",
                    },
                ],
                body: None,
                own_answers: &[
                    Answer::json(200, "TransactionList", "One page; it is empty where the number is not known."),
                    Answer::refusal(400, "A parameter is missing, out of its limits or twice there."),
                    NO_CUSTOMER,
                    STORE_UNAVAILABLE,
                ],
                curl: ". keys/demo-credentials.env\n\
              curl -s -u \"$TELESIGN_CUSTOMER_ID:$TELESIGN_API_KEY\" '{base}/v1/transactions?phone_number=15555551212'",
            },
        )],
    ),
    Endpoint::new(
        "/v1/transactions/{xid}",
        RoutePolicy::OtherSites,
        &[Operation::get(
            |route| route.to(transaction),
            Description {
                id: "transaction",
                summary: "Get Status: one transaction",
                access: Access::Customer,
                parameters: &[XID],
                body: None,
                own_answers: &[
                    Answer::json(200, "Transaction", "The transaction."),
                    Answer::refusal(400, "This is no xid."),
                    NO_CUSTOMER,
                    NO_TRANSACTION,
                    STORE_UNAVAILABLE,
                ],
                curl: "curl -s {base}/v1/token/15555551212/order-7\n\
                       . keys/demo-credentials.env\n\
                       curl -s -u \"$TELESIGN_CUSTOMER_ID:$TELESIGN_API_KEY\" {base}/v1/transactions/order-7",
            },
        )],
    ),
    Endpoint::new(
        "/v1/transactions/{xid}/status",
        RoutePolicy::OtherSites,
        &[Operation::post(
            |route| route.to(status),
            Description {
                id: "reportStatus",
                summary: "The callback: records what a verification came to",
                access: Access::Customer,
                parameters: &[XID],
                body: Some(Body {
                    media: JSON,
                    schema: "StatusReport",
                    is_required: true,
                    example: r#"{"status":"delivered"}"#,
                }),
                own_answers: &[
                    Answer::json(200, "Transaction", "The transaction with its new status."),
                    Answer::refusal(400, "This is no xid, the body no JSON object, or the status no such text."),
                    NO_CUSTOMER,
                    NO_TRANSACTION,
                    NOT_JSON,
                    STORE_UNAVAILABLE,
                ],
                curl: "curl -s {base}/v1/token/15555551212/order-7\n\
                       . keys/demo-credentials.env\n\
                       curl -s -u \"$TELESIGN_CUSTOMER_ID:$TELESIGN_API_KEY\" -H 'Content-Type: application/json' \
                       -d '{\"status\":\"delivered\"}' {base}/v1/transactions/order-7/status",
            },
        )],
    ),
    Endpoint::new(
        "/v1/verify",
        RoutePolicy::OtherSites,
        &[Operation::post(
            |route| route.to(verify),
            Description {
                id: "verify",
                summary: "The receiving side: judges a phone token, and takes it once",
                access: Access::Anybody,
                parameters: &[],
                body: Some(Body { media: JSON, schema: "Token", is_required: true, example: r#"{"token":"eyJ…"}"# }),
                own_answers: &[
                    Answer::json(200, "VerifiedToken", "The token is accepted, and its transaction verified."),
                    Answer::refusal(400, "The body is no JSON object, or its token no text."),
                    Answer::json(401, "Verdict", "The token is refused."),
                    Answer::refusal(404, "The token is signed rightly and was never stored, or was replaced."),
                    Answer::refusal(409, "The token was presented before."),
                    NOT_JSON,
                    STORE_UNAVAILABLE,
                ],
                curl: "TOKEN=$(curl -s {base}/v1/token/15555551212)\n\
                    curl -s {base}/v1/verify -H 'Content-Type: application/json' -d \"{\\\"token\\\":\\\"$TOKEN\\\"}\"",
            },
        )],
    ),
];
