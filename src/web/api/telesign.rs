//! Phone tokens: how they are issued, looked up and presented, and the callback that reports how a verification ended.

mod endpoints;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use chrono::{DateTime, SecondsFormat, Utc};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::code::Code;
use crate::keys::{CurrentKeys, KeyRing};
use crate::profiles::telesign::{self, PhoneNumber, Xid};
use crate::random::Random;
use crate::store::Store;
use crate::store::{Cursor, NewTransaction, Presented, Recorded, Transaction};
use crate::token::{Claims, Show};
use crate::web::api::credentials;
use crate::web::http::client::Client;
use crate::web::http::client_limit::ClientLimit;
use crate::web::http::extractor::extractor;
use crate::web::http::json_body;
use crate::web::http::origins::NoForeignPage;
use crate::web::http::problem::Problem;
use crate::web::metrics::Metrics;
pub(in crate::web) use endpoints::ENDPOINTS;

/// The challenge for a client that reads transactions.
const CHALLENGE: &str = r#"Basic realm="hallpass telesign", charset="UTF-8""#;

/// How often a client may ask for phone tokens (`--phone-rate`).
pub(in crate::web) struct PhoneLimit(pub ClientLimit);

/// `GET /v1/token/{phone}` and `GET /v1/token/{phone}/{xid}`: a token, stored before it is answered.
///
/// It is a GET that replaces the token of its xid, so a page of another site must not cause one.
pub(in crate::web) async fn token(
    _: NoForeignPage,
    request: HttpRequest,
    client: Client,
    limit: Data<PhoneLimit>,
    tokens: PhoneTokens,
) -> Result<HttpResponse, Problem> {
    limit.0.admit(client, tokens.clock.now()).await?;
    let phone = segment(&request, "phone").unwrap_or_default();
    let phone =
        PhoneNumber::parse(&phone).map_err(|why| Problem::bad_request(format!("The number is refused: {why}.")))?;
    let xid = match segment(&request, "xid") {
        Some(text) => parse_xid(&text)?,
        None => Xid::of_random(tokens.random.bytes()?),
    };
    let token = tokens.issue(phone, xid).await?;
    Ok(HttpResponse::Ok().insert_header((header::ALLOW, "GET")).content_type("text/plain").body(token))
}

extractor! {
    /// What issues and verifies phone tokens.
    pub(in crate::web) struct PhoneTokens {
        keys: Data<CurrentKeys>,
        clock: Data<dyn Clock>,
        store: Data<dyn Store>,
        metrics: Data<Metrics>,
        random: Data<Random>,
    }
}

impl PhoneTokens {
    /// Issues a token, and records it before the client gets it.
    async fn issue(&self, phone_number: PhoneNumber, xid: Xid) -> Result<String, Problem> {
        let made = telesign::issue(&self.keys.ring(), &phone_number, &xid, self.clock.now())?;
        let (algorithm, token) = (made.token.algorithm(), made.token.into_string());
        let (issued_at, expires_at) = (made.issued_at, made.expires_at);
        let new = NewTransaction { xid, phone_number, issued_at, expires_at, token: token.clone() };
        match self.store.record(new).await? {
            Recorded::Stored => {
                self.metrics.issued(&telesign::PROFILE, algorithm);
                Ok(token)
            }
            Recorded::OtherPhone => {
                Err(conflict(Code::XidTaken, "This xid belongs to the transaction of another phone number."))
            }
            Recorded::AlreadyVerified => Err(already_verified()),
        }
    }
}

/// A segment of the address, decoded; what is not UTF-8 becomes a character that no number and no xid has.
fn segment(request: &HttpRequest, name: &str) -> Option<String> {
    let encoded = request.match_info().get(name)?;
    Some(percent_decode_str(encoded).decode_utf8_lossy().into_owned())
}

fn parse_xid(text: &str) -> Result<Xid, Problem> {
    Xid::parse(text).map_err(|why| Problem::bad_request(format!("The xid is refused: {why}.")))
}

/// `GET /v1/transactions/{xid}`: Get Status.
pub(in crate::web) async fn transaction(
    request: HttpRequest,
    xid: Path<String>,
    keys: Data<CurrentKeys>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    expect_customer(&request, &keys.ring())?;
    let found = store.transaction(&parse_xid(&xid)?).await?;
    Ok(HttpResponse::Ok().json(TransactionReport::from(&found.ok_or_else(no_transaction)?)))
}

/// The query of a list.
#[derive(Deserialize)]
pub(in crate::web) struct ListQuery {
    phone_number: Option<String>,
    limit: Option<String>,
    after: Option<String>,
}

/// `GET /v1/transactions?phone_number=`: the transactions of one number, the newest first, a page at a time.
pub(in crate::web) async fn transactions(
    request: HttpRequest,
    query: Query<ListQuery>,
    keys: Data<CurrentKeys>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    expect_customer(&request, &keys.ring())?;
    let (phone, limit, after) = (query.phone()?, query.limit()?, query.after()?);
    let page = store.transactions(&phone, after, limit).await?;
    let transactions: Vec<TransactionReport<'_>> = page.transactions.iter().map(TransactionReport::from).collect();
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(HttpResponse::Ok().json(serde_json::json!({ "transactions": transactions, "next": next })))
}

impl ListQuery {
    /// In a query a plus means a blank, so that a number whose plus was not encoded arrives with one.
    fn phone(&self) -> Result<PhoneNumber, Problem> {
        let text = self.phone_number.as_deref().ok_or_else(|| Problem::bad_request("`phone_number` is required."))?;
        let text = text.strip_prefix(' ').map_or_else(|| text.to_owned(), |digits| format!("+{digits}"));
        PhoneNumber::parse(&text).map_err(|why| Problem::bad_request(format!("`phone_number` is refused: {why}.")))
    }

    fn limit(&self) -> Result<u32, Problem> {
        let Some(text) = &self.limit else { return Ok(20) };
        let limit = text.parse().ok().filter(|limit| (1..=100).contains(limit));
        limit.ok_or_else(|| Problem::bad_request("`limit` must be a number from 1 to 100."))
    }

    fn after(&self) -> Result<Option<Cursor>, Problem> {
        let Some(text) = &self.after else { return Ok(None) };
        let cursor = Cursor::parse(text);
        cursor.map(Some).ok_or_else(|| Problem::bad_request("`after` must be the `next` of another page."))
    }
}

/// The answer to a token that was accepted.
#[derive(Serialize)]
struct Verified<'a, R: Serialize> {
    #[serde(flatten)]
    verdict: R,
    transaction: TransactionReport<'a>,
}

/// `POST /v1/verify`: verifies a token, and accepts it once.
pub(in crate::web) async fn verify(
    request: HttpRequest,
    body: Bytes,
    tokens: PhoneTokens,
) -> Result<HttpResponse, Problem> {
    let members = json_body::json_object(&request, &body)?;
    let token = members.get("token").and_then(|it| it.as_str());
    let token = token.ok_or_else(|| Problem::bad_request("`token` must be a string."))?;
    let verdict = telesign::verify(&tokens.keys.ring(), token, tokens.clock.now());
    let Some(claims) = verdict.claims() else {
        tokens.metrics.judged(&telesign::PROFILE, &verdict);
        return Ok(HttpResponse::Unauthorized().json(verdict.report(Show::VerifiedClaimsOnly)));
    };
    let xid = xid_of(claims).ok_or_else(unknown)?;
    let presented = tokens.store.present(&xid, token, tokens.clock.now()).await?;
    tokens.metrics.count_verdict(&telesign::PROFILE, code_of(&presented));
    match presented {
        Presented::Verified(found) => {
            let verdict = verdict.report(Show::VerifiedClaimsOnly);
            Ok(HttpResponse::Ok().json(Verified { verdict, transaction: TransactionReport::from(&found) }))
        }
        Presented::AlreadyVerified => Err(already_verified()),
        Presented::Unknown => Err(unknown()),
    }
}

/// The code for a token whose claims are valid: what the store says about it.
const fn code_of(presented: &Presented) -> Code {
    match presented {
        Presented::Verified(_) => Code::Accepted,
        Presented::AlreadyVerified => Code::AlreadyVerified,
        Presented::Unknown => Code::UnknownTransaction,
    }
}

fn xid_of(claims: &Claims) -> Option<Xid> {
    Xid::parse(claims.get("xid")?.as_str()?).ok()
}

/// `POST /v1/transactions/{xid}/status`: the verification callback.
pub(in crate::web) async fn status(
    request: HttpRequest,
    xid: Path<String>,
    body: Bytes,
    keys: Data<CurrentKeys>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    expect_customer(&request, &keys.ring())?;
    let xid = parse_xid(&xid)?;
    let members = json_body::json_object(&request, &body)?;
    let status = members.get("status").and_then(|it| it.as_str()).filter(|it| is_status(it));
    let status = status.ok_or_else(|| Problem::bad_request("`status` must be 1 to 64 characters of text."))?;
    let found = store.set_status(&xid, status).await?;
    Ok(HttpResponse::Ok().json(TransactionReport::from(&found.ok_or_else(no_transaction)?)))
}

fn is_status(text: &str) -> bool {
    (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// Accepts requests with the customer id and the API key, by HTTP Basic.
fn expect_customer(request: &HttpRequest, ring: &KeyRing) -> Result<(), Problem> {
    let login = credentials::basic(request.headers());
    let message = match login {
        None => "The customer id and the API key are required, by HTTP Basic.",
        Some(_) => "The customer id or the API key is wrong.",
    };
    let is_customer = login.is_some_and(|login| {
        let id = ring.accounts().telesign_customer_id.as_bytes();
        let key = ring.telesign_api_key().as_bytes();
        let same_id = verify_slices_are_equal(login.username().as_bytes(), id).is_ok();
        let same_key = verify_slices_are_equal(login.password().as_bytes(), key).is_ok();
        same_id & same_key
    });
    if is_customer {
        return Ok(());
    }
    let problem = Problem::new(StatusCode::UNAUTHORIZED, Code::BadCredentials, message);
    Err(problem.with(header::WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE)))
}

fn conflict(code: Code, message: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, message)
}

fn already_verified() -> Problem {
    conflict(Code::AlreadyVerified, "This transaction was verified before, and it can be verified only once.")
}

/// No transaction of this token's `xid`, or it holds another token.
fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, Code::UnknownTransaction, "No transaction has this xid and holds this token.")
}

fn no_transaction() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, Code::UnknownTransaction, "No transaction has this xid.")
}

/// A transaction in the shape that programs rely on.
#[derive(Serialize)]
struct TransactionReport<'a> {
    xid: &'a str,
    phone_number: &'a str,
    issued_at: String,
    expires_at: String,
    status: &'a str,
    verified_at: Option<String>,
    token: &'a str,
}

impl<'a> From<&'a Transaction> for TransactionReport<'a> {
    fn from(it: &'a Transaction) -> Self {
        let time = |moment: DateTime<Utc>| moment.to_rfc3339_opts(SecondsFormat::Secs, true);
        Self {
            xid: it.xid.as_str(),
            phone_number: it.phone_number.as_str(),
            issued_at: time(it.issued_at),
            expires_at: time(it.expires_at),
            status: &it.status,
            verified_at: it.verified_at.map(time),
            token: &it.token,
        }
    }
}
