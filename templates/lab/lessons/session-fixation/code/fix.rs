// The fix: the login ends that session and makes a new random id.
use std::collections::HashMap;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub fn user_after_login(planted: &str, user: &str, who: &str) -> Option<String> {
    let mut sessions = HashMap::from([(planted.to_owned(), None)]);
    sessions.remove(planted);
    let mut random = [0; 16];
    rand::fill(&mut random).ok()?;
    let own = URL_SAFE_NO_PAD.encode(random);
    sessions.insert(own.clone(), Some(user.to_owned()));
    let sent = if who == "browser" { &own } else { planted };
    sessions.get(sent)?.clone()
}
