//! Log in with a code: a whole login, redirect by redirect, and then four attacks on it.

mod attacks;
mod issuer;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use askama::Template;
use async_trait::async_trait;
use serde_json::json;

use super::projector::Projector;
use super::{Form, Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::lab::lessons::hints::Open;
use crate::lab::lessons::log_in_with_a_code::{Attack, Parts, Sent, Target};
use crate::lab::lessons::press::PressResult;
use crate::oauth::authorization::{AuthorizationRequest, InvalidRequest};
use crate::token::Claims;
use crate::web::http::problem::Problem;
use crate::web::http::redirect::see_other;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use attacks::{Exchange, Message, PORTAL_CALLBACK};
use issuer::{CLIENT, LESSON, Login, shown_error};

/// The longest value that the callback hands on. Those of a real login are shorter.
const LONGEST_VALUE: usize = 100;

/// The longest redirect URI that Mallory may write. The session keeps it between the two tries.
const LONGEST_ADDRESS: usize = 200;

/// How long the ID token of the lesson is valid, in seconds.
const ID_TOKEN_LIFE: i64 = 600;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit).await
    }

    /// The issuer's login page and its form, and the portal's callback.
    fn step(&self, visit: &LessonVisit<'_>, step: &str) -> Result<HttpResponse, Problem> {
        match (step, visit.request.method()) {
            ("authorize", &Method::GET | &Method::HEAD) => authorize(visit),
            ("login", &Method::POST) => log_in(visit),
            ("callback", &Method::GET | &Method::HEAD) => Ok(call_back(visit)),
            _ => Err(Problem::not_found()),
        }
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/log-in-with-a-code/page.html")]
struct CodePage<'a> {
    assets: &'a Assets,
    frame: Frame,
    work: Work,
}

/// The state of the lesson, and the result of this step.
struct Work {
    parts: Parts,
    /// The login that was begun last.
    login: Option<Login>,
    /// What the browser brought to the callback.
    brought: Option<Brought>,
    /// What Mallory chose, and what she wrote.
    choice: String,
    redirect_uri: String,
    exchange: Option<Exchange>,
}

/// A step of the login, with a control of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LoginStep {
    Begin,
    Follow,
    Redeem,
}

/// The parameters of the callback, as the browser brought them.
struct Brought {
    code: String,
    state: String,
    iss: String,
}

impl Brought {
    fn read(form: &Form) -> Option<Self> {
        let field = |name| form.get(name).unwrap_or_default().chars().take(LONGEST_VALUE + LESSON.len()).collect();
        let brought = Self { code: field("code"), state: field("state"), iss: field("iss") };
        (!brought.code.is_empty()).then_some(brought)
    }

    /// Whether the portal goes on with it, and otherwise why not.
    fn check(&self, login: &Login) -> Result<(), &'static str> {
        if self.state != login.state {
            return Err("The `state` is not that of the login which this browser began last. Press *Log in with the \
                        school* again, and follow the redirect.");
        }
        if self.iss != login.issuer {
            return Err("The `iss` is not the issuer to which the portal sent you, so the portal stops here.");
        }
        Ok(())
    }
}

async fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let mut work = Work::resume(visit)?;
    let press = if visit.form.is_sent() { Some(work.step(visit).await?) } else { work.arrival() };
    let frame = visit.judged(press, work.open());
    render(&CodePage { assets: &visit.lab.assets, frame, work })
}

impl Work {
    fn resume(visit: &LessonVisit<'_>) -> Result<Self, Problem> {
        let parts = Parts::parse(&visit.work());
        let sent = |attack| parts.sent(attack).map(str::to_owned);
        let (choice, redirect_uri) = (sent(Attack::StolenCode), sent(Attack::OpenRedirect));
        let visitor = visit.visitor.lab().visitor;
        let has_begun = parts.round > 0 && !visitor.is_empty();
        let query = Form::of_query(visit.request);
        // The button for a hint sends the form along too.
        let in_address = || Brought::read(&query).filter(|_| !visit.form.is_sent());
        let brought = Brought::read(&visit.form).or_else(in_address);
        Ok(Self {
            login: has_begun.then(|| Login::of(visit, &visitor, parts.round)),
            brought: brought.filter(|_| !parts.has_logged_in),
            parts,
            choice: visit.text("choice", LONGEST_VALUE)?.or(choice.as_deref()).unwrap_or_default().to_owned(),
            redirect_uri: (visit.text("redirect", LONGEST_ADDRESS)?)
                .or(redirect_uri.as_deref())
                .unwrap_or(PORTAL_CALLBACK)
                .trim()
                .to_owned(),
            exchange: None,
        })
    }

    /// What is said when the callback brought something.
    fn arrival(&self) -> Option<PressResult> {
        let brought = self.brought.as_ref()?;
        let Some(login) = &self.login else {
            return Some(PressResult::Missing(
                "This browser began no login, or its session ended since, so the portal expects no code. Press *Log in \
                 with the school*."
                    .to_owned(),
            ));
        };
        Some(match brought.check(login) {
            Ok(()) => PressResult::Step(format!(
                "Part 1 of {}, step 2 of 3. Your browser brought a code to the portal. `state` and `iss` are right. Now the portal redeems the code.",
                Parts::ALL
            )),
            Err(why) => PressResult::Missing(why.to_owned()),
        })
    }

    async fn step(&mut self, visit: &mut LessonVisit<'_>) -> Result<PressResult, Problem> {
        let press = match visit.form.get("do").unwrap_or_default() {
            "begin" => self.begin(visit)?,
            "redeem" => self.redeem(visit).await?,
            "careless" | "right" => self.attack(visit)?,
            "again" => self.begin_again(),
            _ => return Err(Problem::bad_request("`do` is no step of this lesson: press one of its buttons.")),
        };
        visit.keep_work(self.parts.to_string())?;
        Ok(press)
    }

    fn begin(&mut self, visit: &mut LessonVisit<'_>) -> Result<PressResult, Problem> {
        let visitor = visit.own_name()?;
        let press = if self.next_of_login() == LoginStep::Follow { PressResult::Note } else { PressResult::Step };
        self.parts.round = self.parts.round.saturating_add(1);
        self.login = Some(Login::of(visit, &visitor, self.parts.round));
        self.brought = None;
        Ok(press(format!(
            "Part 1 of {}, step 1 of 3. The portal keeps a new `state` and a new code verifier for your browser. It \
             answers with a redirect, which your browser follows next.",
            Parts::ALL
        )))
    }

    /// Whoever solved the lesson can go through it once more. The numbers of the logins go on.
    fn begin_again(&mut self) -> PressResult {
        self.parts = self.parts.again();
        (self.brought, self.choice) = (None, String::new());
        PORTAL_CALLBACK.clone_into(&mut self.redirect_uri);
        PressResult::Note("All parts begin again. Press *Log in with the school*.".to_owned())
    }

    async fn redeem(&mut self, visit: &mut LessonVisit<'_>) -> Result<PressResult, Problem> {
        let (Some(login), Some(brought)) = (&self.login, &self.brought) else {
            return Ok(PressResult::Missing(if self.parts.has_logged_in {
                "This code was used before, and a code works once.".to_owned()
            } else {
                "The portal has no code yet. Begin a login, and follow the redirect.".to_owned()
            }));
        };
        if let Err(why) = brought.check(login) {
            return Ok(PressResult::Missing(why.to_owned()));
        }
        let form = login.redemption(&brought.code, Some(&login.verifier));
        if let Err(error) = login.redeem(&form, visit)? {
            return Ok(PressResult::Missing(format!("The issuer refuses the code: {}.", shown_error(&error))));
        }
        let request = Message::form("The portal asks the issuer’s token endpoint", "/token", &form);
        let token = id_token(login, visit).await?;
        self.exchange = Some(Exchange::login(vec![request, token]));
        self.parts.has_logged_in = true;
        self.brought = None;
        Ok(PressResult::Step(format!(
            "1 of {} parts done. The portal has an ID token, which says that this browser is Bob’s. Next: {} attacks.",
            Parts::ALL,
            Attack::ALL.len()
        )))
    }

    fn attack(&mut self, visit: &mut LessonVisit<'_>) -> Result<PressResult, Problem> {
        let unknown = || Problem::bad_request("`attack` and `do` must name an attack of this lesson and its target.");
        let attack = visit.form.get("attack").and_then(Attack::find).ok_or_else(unknown)?;
        let target = visit.form.get("do").and_then(Target::find).ok_or_else(unknown)?;
        if !self.parts.has_logged_in {
            return Ok(PressResult::Missing("Finish the login first: an attack uses what you saw there.".to_owned()));
        }
        if !attack.choices().is_empty() && self.choice.is_empty() {
            return Ok(PressResult::Missing(format!("Nothing is chosen yet. {}", attack.asks())));
        }
        if attack.choices().is_empty() && self.redirect_uri.is_empty() {
            return Ok(PressResult::Missing("The field is empty. Write a redirect URI into it.".to_owned()));
        }
        let visitor = visit.own_name()?;
        match attacks::attempt(attack, target, &self.choice, &self.redirect_uri, &visitor, visit)? {
            Err(hint) => Ok(PressResult::Wrong(hint)),
            Ok(exchange) => {
                self.exchange = Some(exchange);
                let is_new = !self.parts.has(attack, target);
                let what = if attack.choices().is_empty() { &self.redirect_uri } else { &self.choice };
                let sent = self.parts.send(attack, target, what);
                self.parts.add(attack, target);
                let (name, other) = (attack.sent(), attack.target(target.other()));
                Ok(match self.attempt_result(attack) {
                    PressResult::Step(says) if sent == Sent::Changed => {
                        PressResult::Note(format!("You changed the {name}. Send the same one to {other}. {says}"))
                    }
                    PressResult::Step(says) if sent == Sent::Cancels => PressResult::Note(format!(
                        "The other issuer got another {name}, so your try there does not count any more. Both must get \
                         the same. {says}"
                    )),
                    PressResult::Step(says) if !is_new => {
                        PressResult::Note(format!("You have made this try already. {says}"))
                    }
                    press => press,
                })
            }
        }
    }

    /// What a finished attempt came to.
    fn attempt_result(&self, attack: Attack) -> PressResult {
        if !self.parts.are_complete() {
            return PressResult::Step(self.parts.after_attempt(attack));
        }
        PressResult::Solved(format!(
            "All {} parts are done. Four comparisons stop four attacks: `state`, the code verifier, `iss`, and the whole \
             redirect URI.",
            Parts::ALL
        ))
    }

    fn open(&self) -> Open {
        match self.next_of_login() {
            _ if self.parts.has_logged_in => self.parts.open(),
            LoginStep::Begin => Open::Part("begin"),
            LoginStep::Follow => Open::Part("follow"),
            LoginStep::Redeem => Open::Part("redeem"),
        }
    }

    /// What is pressed next in the login.
    fn next_of_login(&self) -> LoginStep {
        match (&self.login, &self.brought) {
            (Some(_), None) => LoginStep::Follow,
            (Some(_), Some(_)) if self.can_redeem() => LoginStep::Redeem,
            _ => LoginStep::Begin,
        }
    }

    /// Whether the attack that the page shows was tried against this target.
    fn is_seen(&self, target: Target) -> bool {
        self.shown_attack().is_some_and(|attack| self.parts.has(attack, target))
    }

    /// The target whose button comes next.
    fn next_target(&self) -> Option<Target> {
        Target::ALL.into_iter().find(|target| !self.is_seen(*target))
    }

    /// The attack that the page shows, if nothing of it was tried yet.
    fn new_attack(&self) -> Option<Attack> {
        self.parts.next_attack().filter(|attack| !Target::ALL.iter().any(|target| self.parts.has(*attack, *target)))
    }

    /// The attack whose form the page shows. The last one stays.
    fn shown_attack(&self) -> Option<Attack> {
        self.parts.next_attack().or(self.parts.has_logged_in.then_some(Attack::OpenRedirect))
    }
}

/// What the token endpoint answers: an ID token, which the lab signs.
async fn id_token(login: &Login, visit: &mut LessonVisit<'_>) -> Result<Message, Problem> {
    let _permit = visit.wait_to_sign().await;
    let now = visit.now.timestamp();
    let claims = Claims::new()
        .with("iss", login.issuer.as_str())
        .with("aud", CLIENT)
        .with("sub", "bob")
        .with("iat", now)
        .with("exp", now + ID_TOKEN_LIFE);
    let ring = visit.lab.keys.ring();
    let token = visit.issue(ring.lab().rs256(), &claims)?;
    let start: String = token.chars().take(40).collect();
    let payload: serde_json::Map<String, serde_json::Value> =
        claims.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    let answer = json!({ "access_token": "…", "token_type": "Bearer", "expires_in": ID_TOKEN_LIFE, "id_token": format!("{start}…") });
    Ok(Message {
        who: "The issuer answers, and this is the payload of the ID token",
        text: format!("{answer}\n\n{}", json!(payload)),
    })
}

#[derive(Template)]
#[template(path = "lab/lessons/log-in-with-a-code/authorize.html")]
struct AuthorizePage<'a> {
    assets: &'a Assets,
    /// Whether the lesson is shown on a projector.
    is_projected: bool,
    request: &'a AuthorizationRequest,
}

/// The login of this browser. Without its session there is none.
fn current_login(visit: &LessonVisit<'_>) -> Result<Login, Problem> {
    let visitor = visit.visitor.lab().visitor;
    let parts = Parts::parse(&visit.work());
    if visitor.is_empty() || parts.round == 0 {
        return Err(Problem::bad_request(
            "This browser began no login, or its session ended since. Open the lesson again, and press Log in with the school.",
        ));
    }
    Ok(Login::of(visit, &visitor, parts.round))
}

/// `GET …/authorize`: the issuer's login page.
fn authorize(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let login = current_login(visit)?;
    match login.read(visit.request.query_string().as_bytes()) {
        Ok(request) if is_portal(&request) => {
            let is_projected = Projector::remembered(visit.request).is_some();
            render(&AuthorizePage { assets: &visit.lab.assets, is_projected, request: &request })
        }
        Ok(_) => refused_page(visit, OTHER_CLIENT),
        Err(refusal) => refused(visit, &login, refusal),
    }
}

/// `POST …/login`: sends the browser back to the portal with a code.
fn log_in(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let login = current_login(visit)?;
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&visit.form.fields).finish();
    match login.read(query.as_bytes()) {
        // Only the request that the portal made gets its code: another challenge or another state is another request.
        Ok(request) if !is_portal(&request) => refused_page(visit, OTHER_CLIENT),
        Ok(request) if request.challenge().is_some_and(|challenge| challenge.as_str() == login.challenge) => {
            Ok(see_other(&request.success(&login.code).location()))
        }
        Ok(_) => Err(Problem::bad_request(NOT_THE_NEWEST)),
        Err(refusal) => refused(visit, &login, refusal),
    }
}

const NOT_THE_NEWEST: &str = "This request is not the one that the portal made last. Perhaps you began another login \
                              since, in another tab. The portal keeps only the newest `state`. Go back to the lesson, \
                              and follow the redirect there.";

const OTHER_CLIENT: &str = "The issuer of this lesson has one client, `grade-portal`, and `client_id` names another.";

fn is_portal(request: &AuthorizationRequest) -> bool {
    request.client().as_str() == CLIENT
}

#[derive(Template)]
#[template(path = "lab/lessons/log-in-with-a-code/refused.html")]
struct RefusedPage<'a> {
    assets: &'a Assets,
    why: &'a str,
}

fn refused_page(visit: &LessonVisit<'_>, why: &str) -> Result<HttpResponse, Problem> {
    let mut response = render(&RefusedPage { assets: &visit.lab.assets, why })?;
    *response.status_mut() = StatusCode::BAD_REQUEST;
    Ok(response)
}

fn refused(visit: &LessonVisit<'_>, login: &Login, refusal: InvalidRequest) -> Result<HttpResponse, Problem> {
    let query = Form::of_query(visit.request);
    let redirect_uri = visit.form.get("redirect_uri").or_else(|| query.get("redirect_uri"));
    match refusal {
        InvalidRequest::Page(_) if redirect_uri.is_some_and(|it| it != login.redirect_uri) => {
            let why =
                format!("`redirect_uri` is another address. The portal registered only `{}`.", login.redirect_uri);
            refused_page(visit, &why)
        }
        InvalidRequest::Page(error) => {
            refused_page(visit, &format!("The request cannot be answered: {}.", error.description()))
        }
        InvalidRequest::Redirect(response) => Ok(see_other(&response.location())),
    }
}

/// `GET …/callback`: the portal takes the parameters, and shows the lesson again.
fn call_back(visit: &LessonVisit<'_>) -> HttpResponse {
    let query = Form::of_query(visit.request);
    let names = ["code", "state", "iss"];
    let fields: Vec<(&str, &str)> = names.iter().filter_map(|name| Some((*name, query.get(name)?))).collect();
    lesson_cookies::see_again(visit, &fields)
}

/// A parameter of a redirect, as the page explains it.
struct Parameter {
    name: &'static str,
    value: String,
    says: &'static str,
}

impl Work {
    /// The parameters with which the portal sends the browser to the issuer.
    fn authorization_parameters(&self) -> Vec<Parameter> {
        let parameters = self.login.as_ref().map(Login::authorization_parameters).unwrap_or_default();
        parameters.into_iter().map(|(name, value)| Parameter { name, value, says: meaning(name) }).collect()
    }

    /// The parameters with which the issuer sends it back.
    fn answered(&self) -> Vec<Parameter> {
        let Some(brought) = &self.brought else { return Vec::new() };
        let values = [("code", &brought.code), ("state", &brought.state), ("iss", &brought.iss)];
        values.map(|(name, value)| Parameter { name, value: value.clone(), says: meaning(name) }).into()
    }

    /// Whether the parameters of the redirect are above the verdict, which leads to them.
    fn has_parameters(&self) -> bool {
        !self.parts.has_logged_in && self.next_of_login() == LoginStep::Follow
    }

    fn address(&self) -> String {
        self.login.as_ref().map(Login::address).unwrap_or_default()
    }

    /// Whether the portal can redeem what the browser brought.
    fn can_redeem(&self) -> bool {
        let checked = self.login.as_ref().zip(self.brought.as_ref()).map(|(login, brought)| brought.check(login));
        matches!(checked, Some(Ok(())))
    }
}

const fn meaning(parameter: &str) -> &'static str {
    match parameter.as_bytes() {
        b"response_type" => "The portal wants a code, and no token in an address.",
        b"client_id" => "Which client asks.",
        b"redirect_uri" => "Where the browser goes afterwards, with the code.",
        b"scope" => "What the portal wants to know: who you are.",
        b"state" => "A random value that the portal keeps for this browser, and expects back.",
        b"code_challenge" => "The hash of a random code verifier, which only the portal has.",
        b"code_challenge_method" => "The hash is SHA-256.",
        b"code" => "Works once, and only with the code verifier.",
        _ => "Which issuer answers.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_has_a_meaning_of_its_own() {
        let names = ["response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code", "iss"];
        let mut all: Vec<&str> = names.iter().map(|name| meaning(name)).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), names.len());
    }
}
