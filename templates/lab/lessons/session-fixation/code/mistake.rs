// The mistake: the login keeps the session id that the browser sent.
use std::collections::HashMap;

pub fn user_after_login(planted: &str, user: &str, who: &str) -> Option<String> {
    let mut sessions = HashMap::from([(planted.to_owned(), None)]);
    let own = planted.to_owned();
    sessions.insert(own.clone(), Some(user.to_owned()));
    let sent = if who == "browser" { &own } else { planted };
    sessions.get(sent)?.clone()
}
