//! The four attacks as they are carried out: who sends what to whom, and what the attacked program answers.

use url::Url;

use super::super::LessonVisit;
use super::issuer::{CLIENT, Login, encoded, shown_error};
use crate::lab::lessons::log_in_with_a_code::{Attack, Target};
use crate::oauth::redirect_uri::{RedirectRules, RedirectUris};
use crate::web::http::problem::Problem;

/// The addresses of the attacks. Each program has a host of its own there, as in the real world.
pub const PORTAL_CALLBACK: &str = "https://grades.school.example/callback";
const PORTAL: &str = "https://grades.school.example";
const SCHOOL: &str = "https://login.example/school";
const HOMEWORK: &str = "https://homework.mallory.example";
const MALLORY: &str = "mallory.example";

/// One message between two programs.
pub struct Message {
    pub who: &'static str,
    pub text: String,
}

impl Message {
    fn get(who: &'static str, address: &str) -> Self {
        Self { who, text: format!("GET {address}") }
    }

    pub fn form(who: &'static str, address: &str, form: &[(&'static str, String)]) -> Self {
        Self { who, text: format!("POST {address}\n\n{}", encoded(form).replace('&', "\n&")) }
    }
}

/// The messages of a login or of an attack, and what came of them.
pub struct Exchange {
    /// How the page shows it: a class of its stylesheet, and a sign.
    pub class: &'static str,
    pub sign: &'static str,
    pub word: &'static str,
    pub says: String,
    pub messages: Vec<Message>,
}

impl Exchange {
    pub fn login(messages: Vec<Message>) -> Self {
        Self {
            class: "step",
            sign: "→",
            word: "Accepted: Bob is logged in.",
            says: "His password went to the issuer alone, and the token to the portal alone.".to_owned(),
            messages,
        }
    }

    fn of(attack: Attack, target: Target, messages: Vec<Message>) -> Self {
        let (class, sign, word) = match target {
            Target::Careless => ("damage", "!", "The attack succeeds."),
            Target::Right => ("safe", "✓", "Blocked."),
        };
        Self { class, sign, word, says: attack.outcome(target).to_owned(), messages }
    }

    fn adding(mut self, says: &str) -> Self {
        self.says = format!("{says} {}", self.says);
        self
    }
}

/// Carries out an attack, or says why what Mallory chose is none.
pub fn attempt(
    attack: Attack,
    target: Target,
    choice: &str,
    redirect_uri: &str,
    visitor: &str,
    visit: &LessonVisit<'_>,
) -> Result<Result<Exchange, String>, Problem> {
    if attack == Attack::OpenRedirect {
        let login = mallory_s_login(visitor, visit);
        return Ok(open_redirect(target, redirect_uri, login.authorization_parameters()));
    }
    let Some(chosen) = attack.choices().iter().find(|it| it.value == choice) else {
        return Err(Problem::bad_request("`choice` is none of the choices of this attack."));
    };
    if let Some(hint) = attack.hint(chosen, target) {
        return Ok(Err(hint.to_owned()));
    }
    let bob = Login::of(visit, visitor, 0);
    match attack {
        Attack::MissingState => Ok(Ok(missing_state(target, visitor, visit))),
        Attack::StolenCode => stolen_code(target, choice, &bob, visit).map(Ok),
        Attack::MixUp | Attack::OpenRedirect => mix_up(target, &bob, visit).map(Ok),
    }
}

/// A login that Mallory begins in her own browser.
fn mallory_s_login(visitor: &str, visit: &LessonVisit<'_>) -> Login {
    Login::of(visit, &format!("{visitor} mallory"), 0)
}

fn missing_state(target: Target, visitor: &str, visit: &LessonVisit<'_>) -> Exchange {
    let (mallory, bob) = (mallory_s_login(visitor, visit), Login::of(visit, visitor, 0));
    let query = [("code", mallory.code), ("state", mallory.state), ("iss", SCHOOL.to_owned())];
    let link = format!("{PORTAL_CALLBACK}?{}", encoded(&query));
    let mut messages = vec![Message::get("Bob’s browser opens Mallory’s link", &link)];
    if target == Target::Right {
        messages.push(Message { who: "The portal kept for Bob’s browser", text: format!("state={}", bob.state) });
    }
    Exchange::of(Attack::MissingState, target, messages)
}

fn stolen_code(target: Target, choice: &str, bob: &Login, visit: &LessonVisit<'_>) -> Result<Exchange, Problem> {
    // 43 characters, as few as a verifier may have.
    let invented = "mallory-invents-a-verifier-of-43-characters";
    let verifier = match choice {
        "challenge" => Some(bob.challenge.as_str()),
        "own" => Some(invented),
        _ => None,
    };
    let form = bob.redemption(&bob.code, verifier);
    let refusal = bob.redeem(&form, visit)?.err().ok_or_else(|| Problem::broken("a stolen code was redeemed"))?;
    let message = Message::form("Mallory asks the token endpoint", &format!("{SCHOOL}/token"), &shown(form));
    let exchange = Exchange::of(Attack::StolenCode, target, vec![message]);
    Ok(match target {
        Target::Careless => exchange,
        Target::Right if choice == "challenge" => exchange.adding(&format!(
            "The answer is {}. She sent the hash. The issuer hashes it again, and the result is not the challenge.",
            shown_error(&refusal)
        )),
        Target::Right => exchange.adding(&format!("The answer is {}.", shown_error(&refusal))),
    })
}

fn mix_up(target: Target, bob: &Login, visit: &LessonVisit<'_>) -> Result<Exchange, Problem> {
    let mut messages = vec![
        Message::get(
            "The portal sends Bob to the homework site",
            &format!("{HOMEWORK}/authorize?client_id={CLIENT}&…"),
        ),
        Message::get("That sends him on to the school", &format!("{SCHOOL}/authorize?client_id={CLIENT}&…")),
    ];
    let mut query = vec![("code", bob.code.clone()), ("state", bob.state.clone())];
    if target == Target::Right {
        query.push(("iss", SCHOOL.to_owned()));
    }
    messages.push(Message::get("The school sends him back", &format!("{PORTAL_CALLBACK}?{}", encoded(&query))));
    if target == Target::Careless {
        let form = bob.redemption(&bob.code, Some(&bob.verifier));
        bob.redeem(&form, visit)?.map_err(|_| Problem::broken("the portal's own code is refused"))?;
        let form = shown(form);
        messages.push(Message::form("The portal asks the homework site", &format!("{HOMEWORK}/token"), &form));
        messages.push(Message::form("Mallory asks the school", &format!("{SCHOOL}/token"), &form));
    }
    Ok(Exchange::of(Attack::MixUp, target, messages))
}

/// A form of the lesson's addresses with those of the attacks.
fn shown(mut form: Vec<(&'static str, String)>) -> Vec<(&'static str, String)> {
    for (name, value) in &mut form {
        if *name == "redirect_uri" {
            PORTAL_CALLBACK.clone_into(value);
        }
    }
    form
}

/// `parameters` are those of an authorization request that Mallory began, so its challenge is hers.
fn open_redirect(
    target: Target,
    redirect_uri: &str,
    mut parameters: Vec<(&'static str, String)>,
) -> Result<Exchange, String> {
    let host = host_of_attack(redirect_uri)?;
    for (_, value) in parameters.iter_mut().filter(|(name, _)| *name == "redirect_uri") {
        redirect_uri.clone_into(value);
    }
    let link = format!("{SCHOOL}/authorize?{}", encoded(&parameters));
    let message = Message::get("Bob’s browser opens Mallory’s link", &link);
    if target == Target::Careless {
        let sent = Message { who: "After the login, the code goes to this host", text: host };
        return Ok(Exchange::of(Attack::OpenRedirect, target, vec![message, sent]));
    }
    let rules = RedirectUris::parse(PORTAL_CALLBACK).map_or(RedirectRules::Nothing, RedirectRules::Listed);
    match rules.accept(redirect_uri) {
        None => Ok(Exchange::of(Attack::OpenRedirect, target, vec![message])),
        Some(_) => Err("This is the portal's own address, so the code goes to the portal.".to_owned()),
    }
}

/// The host of Mallory's to which the careless issuer sends the code, or why it sends none there.
fn host_of_attack(redirect_uri: &str) -> Result<String, String> {
    if redirect_uri == PORTAL_CALLBACK {
        return Err("This is the portal's own address, so the code goes to the portal. Change it so that it leads to \
                    Mallory's server, and still begins the same."
            .to_owned());
    }
    if !redirect_uri.starts_with(PORTAL) {
        return Err(format!("Even the careless issuer refuses this: it does not begin with `{PORTAL}`."));
    }
    let url = Url::parse(redirect_uri).map_err(|_| "A browser cannot read this as an address.".to_owned())?;
    let host = url.host_str().unwrap_or_default().to_owned();
    if host == MALLORY || host.ends_with(&format!(".{MALLORY}")) {
        return Ok(host);
    }
    Err(format!(
        "The careless issuer accepts it, but a browser takes the code to the host `{}`, which is not Mallory's. What may \
         follow after `.example`, so that the host ends in `{MALLORY}`?",
        host.chars().filter(|c| *c != '`' && *c != '*').take(60).collect::<String>()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_uri_is_an_attack_when_it_begins_like_the_portal_and_leads_to_mallory() {
        for (address, host) in [
            ("https://grades.school.example.mallory.example/", "grades.school.example.mallory.example"),
            ("https://grades.school.example@mallory.example/callback", "mallory.example"),
            ("https://grades.school.example:x@www.mallory.example", "www.mallory.example"),
        ] {
            assert_eq!(host_of_attack(address), Ok(host.to_owned()));
            let parameters =
                || vec![("redirect_uri", PORTAL_CALLBACK.to_owned()), ("code_challenge", "hash".to_owned())];
            let tried = |target| open_redirect(target, address, parameters()).ok().unwrap();
            assert_eq!((tried(Target::Careless).class, tried(Target::Right).class), ("damage", "safe"), "{address}");
            let link = &tried(Target::Careless).messages[0].text;
            assert!(link.contains("&code_challenge=hash") && !link.contains(&encoded(&parameters())), "{link}");
        }
    }

    #[test]
    fn what_is_nearly_an_attack_is_told_why_it_is_none() {
        for (address, hint) in [
            (PORTAL_CALLBACK, "the portal's own address"),
            ("", "does not begin with"),
            ("https://mallory.example/", "does not begin with"),
            ("https://grades.school.example/mallory.example", "the host `grades.school.example`"),
            ("https://grades.school.example.org/", "which is not Mallory's"),
            ("https://grades.school.examplemallory.example", "which is not Mallory's"),
            ("https://grades.school.example:port/", "cannot read"),
        ] {
            for target in Target::ALL {
                let said = open_redirect(target, address, Vec::new()).err().unwrap();
                assert!(said.contains(hint), "{address}: {said}");
            }
        }
    }
}
