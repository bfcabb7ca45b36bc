//! Naive verifiers that do what the header says. Here nothing of it is done: the answers only say what would happen.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{LaxToken, NaiveInput, NaiveVerifier};
use crate::keys::{Algorithm, RsaPublicKey};
use crate::lab::forge::{ATTACKER_SECRET, key_of_certificate};

pub static TRUSTS_JWK: NaiveVerifier = NaiveVerifier {
    name: "Takes the key from `jwk`",
    judge: |input| {
        let token = input.read();
        let Some(jwk) = token.header.get("jwk") else { return Err("There is no key in the header.".to_owned()) };
        if fits_jwk(&token, jwk) {
            input.unless_ended(&token, "It checks the signature with the key in the token. Of course it fits.")
        } else {
            Err("The signature does not fit the key in the token.".to_owned())
        }
    },
};

fn fits_jwk(token: &LaxToken, jwk: &Value) -> bool {
    let member = |name: &str| jwk[name].as_str().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    match (member("k"), member("n"), member("e")) {
        (Some(secret), ..) => token.is_hs256_under(&secret),
        (None, Some(n), Some(e)) => {
            RsaPublicKey::new(&n, &e).is_ok_and(|key| token.verifies_with_rsa(Algorithm::Rs256, &key))
        }
        _ => false,
    }
}

pub static FOLLOWS_JKU: NaiveVerifier = NaiveVerifier {
    name: "Follows `jku`",
    judge: |input| {
        let token = input.read();
        let Some(address) = token.text("jku") else { return Err("There is no address in `jku`.".to_owned()) };
        let follow = format!("It would fetch the keys from {address} (nothing was sent from here).");
        // The attacker chooses what is at that address, so it is the key that signed the forgery.
        if !address.starts_with("https://") || !is_the_attackers(input, &token) {
            return Err(format!("{follow} There is no key, so it refuses the token after that."));
        }
        input.unless_ended(&token, &format!("{follow} It gets Mallory's key, and the signature fits."))
    },
};

fn is_the_attackers(input: &NaiveInput<'_>, token: &LaxToken) -> bool {
    token.is_hs256_under(ATTACKER_SECRET) || token.verifies_with_rsa(Algorithm::Rs256, input.ring.lab().public())
}

pub static TRUSTS_CERTIFICATES: NaiveVerifier = NaiveVerifier {
    name: "Takes the key from a certificate",
    judge: |input| {
        let token = input.read();
        if let Some(address) = token.text("x5u") {
            let fetch = format!("It would fetch the certificate from {address} (nothing was sent from here).");
            return if is_the_attackers(input, &token) {
                input.unless_ended(&token, &format!("{fetch} It gets Mallory's, and the signature fits."))
            } else {
                Err(format!("{fetch} The signature does not fit."))
            };
        }
        let certificate = token.header.get("x5c").and_then(|chain| chain[0].as_str());
        let key = certificate.and_then(key_of_certificate);
        match key.filter(|key| token.verifies_with_rsa(Algorithm::Rs256, key)) {
            Some(_) => {
                input.unless_ended(&token, "It takes the key from the certificate, and does not ask who signed that.")
            }
            None => Err("The signature does not fit the certificate's key, or there is none.".to_owned()),
        }
    },
};

pub static READS_KID_AS_PATH: NaiveVerifier = NaiveVerifier {
    name: "Reads `kid` as a path",
    judge: |input| {
        let token = input.read();
        let Some(path) = token.text("kid") else { return Err("There is no `kid`.".to_owned()) };
        // No file is opened. These are empty or missing on every machine. A leading slash replaces the folder.
        let file = if path.starts_with('/') { path.to_owned() } else { format!("keys/{path}") };
        let why_empty = match path {
            "" => Some("which is a folder: it takes what it cannot read for an empty file"),
            it if it.ends_with("/dev/null") => Some("which is empty"),
            it if it.ends_with("/invalid_path") => {
                Some("which does not exist: it takes a missing file for an empty one")
            }
            _ => None,
        };
        match why_empty.filter(|_| token.is_hs256_under(b"")) {
            Some(why) => {
                let beside = format!("It would read the key from {file}, {why}. The signature fits the empty key.");
                input.unless_ended(&token, &beside)
            }
            None => Err(format!("It would read the key from {file}. The signature does not fit it.")),
        }
    },
};

pub static RUNS_KID_AS_COMMAND: NaiveVerifier = NaiveVerifier {
    name: "Opens `kid` with a shell",
    judge: |input| {
        let token = input.read();
        let kid = token.text("kid").unwrap_or_default();
        let Some(command) = kid.trim_start().strip_prefix('|') else {
            return Err("There is no command in `kid`.".to_owned());
        };
        let ran = format!("It would run `{}` (nothing was run here).", command.trim());
        if token.is_hs256_under(b"") {
            input.unless_ended(
                &token,
                &format!("{ran} The command prints nothing, so the key is empty, and the signature fits it."),
            )
        } else {
            Err(format!("{ran} After that, the signature does not fit."))
        }
    },
};

pub static PASTES_KID_INTO_SQL: NaiveVerifier = NaiveVerifier {
    name: "Pastes `kid` into SQL",
    judge: |input| {
        let token = input.read();
        let kid = token.text("kid").unwrap_or_default();
        let selected = kid.split_once("UNION SELECT '").and_then(|(_, rest)| rest.split_once('\'')).map(|(key, _)| key);
        match selected.filter(|key| token.is_hs256_under(key.as_bytes())) {
            Some(key) => {
                let beside = format!("Its query would return the key `{key}`, which Mallory wrote into the query.");
                input.unless_ended(&token, &beside)
            }
            None => Err("Its query would find no key.".to_owned()),
        }
    },
};

pub static CALLS_ADDRESSES: NaiveVerifier = NaiveVerifier {
    name: "Calls every address that it finds",
    judge: |input| {
        let token = input.read();
        let all = token.header.values().chain(token.claims.values());
        let address = all.filter_map(Value::as_str).find(|text| text.starts_with("https://"));
        let Some(address) = address else { return Err("There is no address in the token.".to_owned()) };
        let called = format!("It would call {address} before it checks anything (nothing was sent from here).");
        if input.fits(&token) {
            input.unless_ended(&token, &called)
        } else {
            Err(format!("{called} After that, the signature does not fit."))
        }
    },
};
