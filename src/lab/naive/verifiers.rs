//! Naive verifiers that check too little of the signature, the algorithm, the claims or the text. Those that do what
//! the header says are in `header_trust`.

use aws_lc_rs::digest;

use super::lax_token::from_json;
use super::{LaxToken, NaiveInput, NaiveVerifier};
use crate::keys::{Algorithm as Jwa, KeyKind, KeyRing};
use crate::lab::common_secrets;
use crate::lab::forge::{Target, public_forms};
use crate::profiles::demo::DemoAlgorithm;

pub static CHECKS_ONLY_SIGNATURE_AND_EXPIRY: NaiveVerifier = NaiveVerifier {
    name: "Checks the signature and `exp`",
    judge: |input| input.signature_and_end("The signature fits and `exp` is in the future. It checks nothing else."),
};

pub static SKIPS_SIGNATURE: NaiveVerifier = NaiveVerifier {
    name: "Skips the signature",
    judge: |input| input.unless_ended(&input.read(), "It decodes the claims and never checks the signature."),
};

pub static DECODES_ONLY: NaiveVerifier = NaiveVerifier {
    name: "Uses claims without verifying",
    judge: |input| match input.read().claims.get("role") {
        Some(role) => Ok(format!("It decodes the payload and believes the role {role}.")),
        None => Err("There is no role in the payload.".to_owned()),
    },
};

pub static SKIPS_EMPTY_SIGNATURE: NaiveVerifier = NaiveVerifier {
    name: "Checks a signature only if there is one",
    judge: |input| match input.read() {
        token if token.signature.is_empty() => input.unless_ended(&token, "There is no signature, so it checks none."),
        _ => input.signature_and_end("The signature fits."),
    },
};

pub static HAS_A_GUESSABLE_SECRET: NaiveVerifier = NaiveVerifier {
    name: "Kept the secret of a tutorial",
    judge: |input| {
        let token = input.read();
        let word = common_secrets::words().find(|word| token.is_hs256_under(word.as_bytes()));
        match word {
            Some(word) => {
                let why = format!("Its secret is `{word}`, copied from a tutorial. The signature fits.");
                input.unless_ended(&token, &why)
            }
            None => Err("Its secret is a common word, and the signature fits none of those.".to_owned()),
        }
    },
};

pub static HAS_AN_EMPTY_SECRET: NaiveVerifier = NaiveVerifier {
    name: "Never set its secret",
    judge: |input| {
        let token = input.read();
        let why = "The setting with its secret is missing, so its secret is the empty text.";
        if token.is_hs256_under(b"") {
            input.unless_ended(&token, &format!("{why} The signature fits that."))
        } else {
            Err(format!("{why} The signature does not fit that."))
        }
    },
};

pub static KEEPS_RETIRED_KEYS: NaiveVerifier = NaiveVerifier {
    name: "Never removes a key",
    judge: |input| {
        let token = input.read();
        let old = input.ring.lab().rs256().verifiers();
        let named = old.iter().find(|key| key.kid().is_some() && key.kid() == token.text("kid"));
        match named.filter(|key| key.verifies(token.message.as_bytes(), &token.signature)) {
            Some(_) => input.unless_ended(&token, "The retired key is still on its list, and the signature fits."),
            None => Err("The signature fits no key that it ever had.".to_owned()),
        }
    },
};

pub static ACCEPTS_A_ZERO_SIGNATURE: NaiveVerifier = NaiveVerifier {
    name: "Accepts zero as a signature",
    judge: |input| {
        let token = input.read();
        let bytes = token.signature_bytes();
        // In DER a zero is an INTEGER of one byte. The other bytes are tags and lengths.
        let zero = bytes.iter().all(|byte| *byte == 0) || *bytes == [0x30, 6, 2, 1, 0, 2, 1, 0];
        match token.text("alg") {
            Some("ES256") if zero => {
                input.unless_ended(&token, "With r and s zero, its equation reads 0 = 0, which is true for every text.")
            }
            _ => Err("The signature is not zero, and does not fit.".to_owned()),
        }
    },
};

pub static ACCEPTS_NONE: NaiveVerifier = NaiveVerifier {
    name: "Accepts `none`",
    judge: |input| {
        let token = input.read();
        let none = token.text("alg").is_some_and(|alg| alg.eq_ignore_ascii_case("none"));
        if none && token.signature.is_empty() {
            return input.unless_ended(&token, "The header says that no signature is needed, and it believes that.");
        }
        Err("The token does not say `none`.".to_owned())
    },
};

pub static TRUSTS_ALG: NaiveVerifier = NaiveVerifier {
    name: "Trusts `alg`",
    judge: |input| {
        let token = input.read();
        let alg = token.text("alg").unwrap_or_default();
        let public = input.ring.rs256_public(input.now).unwrap_or_else(|| input.ring.lab().public());
        let confused = public_forms(public).iter().any(|(_, key)| alg == "HS256" && token.is_hs256_under(key));
        if confused {
            return input
                .unless_ended(&token, "The header says HS256, so it uses its only key, the public one, as a secret.");
        }
        let fits = match alg.parse::<DemoAlgorithm>() {
            Ok(algorithm) => input.fits_under(algorithm, &token),
            Err(_) => alg.parse().is_ok_and(|alg| fits_related_algorithm(input.ring, alg, &token)),
        };
        if fits {
            input.unless_ended(&token, &format!("The header says {alg}, so it uses {alg}. The signature fits."))
        } else {
            Err(format!("The header says {alg}, and the signature fits none of its keys."))
        }
    },
};

fn fits_related_algorithm(ring: &KeyRing, alg: Jwa, token: &LaxToken) -> bool {
    if alg.key_kind() == KeyKind::Secret {
        // One secret signs and verifies, so the right signature can be made and compared.
        return ring.lab().signer(alg).sign(token.message.as_bytes()).is_ok_and(|it| it == token.signature);
    }
    token.verifies_with_rsa(alg, ring.lab().public())
}

pub static COMPARES_LOOSELY: NaiveVerifier = NaiveVerifier {
    name: "Compares `alg` loosely",
    judge: |input| {
        let expected = input.target.algorithm();
        let token = input.read();
        let alg = token.header.get("alg").map(|alg| alg.as_str().map_or_else(|| alg.to_string(), str::to_owned));
        let bare = alg.unwrap_or_default().replace(|c: char| !c.is_ascii_alphanumeric(), "");
        let same = bare.eq_ignore_ascii_case(expected.as_str()) || expected.as_str().ends_with(&bare);
        if same && input.fits(&token) {
            return input.unless_ended(&token, &format!("It takes what `alg` says for {expected}."));
        }
        Err(format!("Even loosely compared, `alg` is not {expected}, or the signature does not fit."))
    },
};

pub static IGNORES_WRONG_TYPES: NaiveVerifier = NaiveVerifier {
    name: "Treats a wrong type as absent",
    judge: |input| {
        input.signature_and_end("It treats a claim of a wrong type as absent, and does not check what is absent.")
    },
};

pub static ALLOWS_A_MINUTE_OF_LEEWAY: NaiveVerifier = NaiveVerifier {
    name: "Allows a minute of leeway",
    judge: |input| {
        let token = input.read();
        let ended = token.number("exp").is_some_and(|exp| exp + 60.0 <= input.seconds());
        let early = ["iat", "nbf"].iter().filter_map(|name| token.number(name)).any(|it| it > input.seconds() + 60.0);
        if input.fits(&token) && !ended && !early {
            Ok("It allows a difference of one minute, so to it the token is valid.".to_owned())
        } else {
            Err("The difference is more than a minute, or the signature does not fit.".to_owned())
        }
    },
};

pub static ACCEPTS_MILLISECONDS: NaiveVerifier = NaiveVerifier {
    name: "Takes any number for seconds",
    judge: |input| {
        let years = input.read().number("exp").map(|exp| ((exp - input.seconds()) / 31_557_600.0).floor());
        let years = years.unwrap_or_default();
        input.signature_and_end(&format!(
            "Read as seconds, `exp` is {years} years away. It finds nothing wrong with that."
        ))
    },
};

pub static IGNORES_EXPIRY: NaiveVerifier = NaiveVerifier {
    name: "Never checks `exp`",
    judge: |input| {
        let token = input.read();
        if input.fits(&token) {
            Ok(format!("The signature fits, and it never looks at `exp`. It logs in {}.", token.subject()))
        } else {
            Err("The signature does not fit.".to_owned())
        }
    },
};

pub static IGNORES_CRIT: NaiveVerifier = NaiveVerifier {
    name: "Ignores `crit`",
    judge: |input| input.signature_and_end("It skips header members that it does not know, also `crit`."),
};

pub static IGNORES_TYP: NaiveVerifier =
    NaiveVerifier { name: "Ignores `typ`", judge: |input| input.signature_and_end("It accepts every kind of token.") };

pub static IGNORES_ISSUER_AND_AUDIENCE: NaiveVerifier = NaiveVerifier {
    name: "Ignores `iss` and `aud`",
    judge: |input| {
        input.signature_and_end("The signature fits. It does not ask who issued the token, and for which server.")
    },
};

pub static ACCEPTS_NULL_AS_GUEST: NaiveVerifier = NaiveVerifier {
    name: "Treats a missing token as a guest",
    judge: |input| match input.token {
        "" | "null" | "undefined" | "{}" => {
            Ok(format!("It reads `{}` as “no token”, checks nothing, and treats the sender as a guest.", input.token))
        }
        _ => Err("The text is not a token.".to_owned()),
    },
};

pub static READS_THE_FIRST_THREE_PARTS: NaiveVerifier = NaiveVerifier {
    name: "Reads the first three parts",
    judge: |input| {
        let assembled = from_json(input.token);
        let text = assembled.as_deref().unwrap_or(input.token);
        let token = LaxToken::read_anything(text);
        if token.signature.is_empty() {
            return input.unless_ended(&token, "It finds no third part, so it checks no signature.");
        }
        if input.fits(&token) {
            input.unless_ended(&token, "It reads three parts that fit, and ignores the rest.")
        } else {
            Err("The three parts that it reads do not fit each other.".to_owned())
        }
    },
};

pub static ACCEPTS_ANY_PAYLOAD: NaiveVerifier = NaiveVerifier {
    name: "Accepts any payload",
    judge: |input| input.signature_and_end("It finds no claim that is wrong, and does not ask whether there is any."),
};

pub static DECODES_BASE64_LAXLY: NaiveVerifier = NaiveVerifier {
    name: "Decodes base64 laxly",
    judge: |input| input.signature_and_end("It skips unknown characters and unused bits, and reads the same bytes."),
};

pub static KEEPS_THE_LAST_DUPLICATE: NaiveVerifier = NaiveVerifier {
    name: "Keeps the last of two members",
    judge: |input| {
        let token = input.read();
        let right = token.text("alg") == Some(input.target.algorithm().as_str());
        if right && input.fits(&token) {
            input.unless_ended(&token, "Of two members with one name, its parser keeps the last.")
        } else {
            Err("The last `alg` is not the right one, or the signature does not fit.".to_owned())
        }
    },
};

pub static HAS_NO_LIMITS: NaiveVerifier = NaiveVerifier {
    name: "Has no limits",
    judge: |input| {
        let (bytes, depth) = (input.token.len(), input.read().depth());
        input.signature_and_end(&format!(
            "It reads all {bytes} bytes, nested {depth} deep, and would read a thousand times that."
        ))
    },
};

pub static IGNORES_REVOCATION: NaiveVerifier = NaiveVerifier {
    name: "Has no list of revoked tokens",
    judge: |input| {
        input.signature_and_end(
            "A logout deletes the cookie in one browser. To this verifier the token is valid until `exp`.",
        )
    },
};

pub static REVOKES_BY_HASH: NaiveVerifier = NaiveVerifier {
    name: "Lists revoked tokens by the hash of their text",
    judge: |input| {
        let hash = |text: &str| digest::digest(&digest::SHA256, text.as_bytes());
        let listed = input.revoked.is_some_and(|it| hash(&it.token).as_ref() == hash(input.token).as_ref());
        if listed {
            return Err("The hash of this text is on its list.".to_owned());
        }
        input.signature_and_end("The hash of this text is not on its list, though the token was revoked.")
    },
};

pub static HAS_ONE_KEY_RING_FOR_ALL: NaiveVerifier = NaiveVerifier {
    name: "Has one key ring for everything",
    judge: |input| {
        let token = input.read();
        let algorithm = input.target.algorithm();
        let targets = [Target::Demo(algorithm), Target::Lab(algorithm)];
        if targets.into_iter().any(|target| NaiveInput { target, ..*input }.fits(&token)) {
            input.unless_ended(
                &token,
                "The signature fits one of the server's keys. It does not ask what that key is for.",
            )
        } else {
            Err("The signature fits no key of this server.".to_owned())
        }
    },
};
