//! Naive verifiers that look too little at the signature, the algorithm, the claims or the text. Those that do what the
//! header tells them are in `header_trust`.

use aws_lc_rs::digest;

use super::lax_token::from_json;
use super::{LaxToken, NaiveInput, NaiveVerifier};
use crate::keys::{Algorithm as Jwa, KeyKind, KeyRing};
use crate::lab::forge::{Target, public_forms};
use crate::profiles::demo::DemoAlgorithm;

pub static CHECKS_ONLY_SIGNATURE_AND_EXPIRY: NaiveVerifier = NaiveVerifier {
    name: "Checks the signature and the end",
    judge: |input| input.signature_and_end("The signature fits and `exp` lies ahead; it asks for no more."),
};

pub static SKIPS_SIGNATURE: NaiveVerifier = NaiveVerifier {
    name: "Skips the signature",
    judge: |input| input.unless_ended(&input.read(), "It decodes the claims and never verifies them."),
};

pub static DECODES_ONLY: NaiveVerifier = NaiveVerifier {
    name: "Uses claims without verifying",
    judge: |input| match input.read().claims.get("role") {
        Some(role) => Ok(format!("It decodes the payload, reads the role {role}, and obeys.")),
        None => Err("There is no role in the payload, so there is nothing to obey.".to_owned()),
    },
};

pub static SKIPS_EMPTY_SIGNATURE: NaiveVerifier = NaiveVerifier {
    name: "Checks a signature if there is one",
    judge: |input| match input.read() {
        token if token.signature.is_empty() => input.unless_ended(&token, "There is no signature, so none is wrong."),
        _ => input.signature_and_end("The signature fits."),
    },
};

/// The secrets of examples that operators copy and never change.
pub const COMMON_SECRETS: &[&str] = &[
    "secret",
    "mysecret",
    "password",
    "changeme",
    "your-256-bit-secret",
    "123456",
    "jwt",
    "key",
    "admin",
    "super-secret-key",
    "hallpass",
    "test",
];

pub static HAS_A_GUESSABLE_SECRET: NaiveVerifier = NaiveVerifier {
    name: "Kept the example's secret",
    judge: |input| {
        let token = input.read();
        let word = COMMON_SECRETS.iter().find(|word| token.is_hs256_under(word.as_bytes()));
        match word {
            Some(word) => Ok(format!("Its secret is `{word}`, as in the example that it was copied from; it fits.")),
            None => Err("Its secret is a common word, and none of those fits.".to_owned()),
        }
    },
};

pub static HAS_AN_EMPTY_SECRET: NaiveVerifier = NaiveVerifier {
    name: "Never set its secret",
    judge: |input| {
        let fits = input.read().is_hs256_under(b"");
        let why = "The variable with its secret is not set, and reads as the empty text;";
        if fits { Ok(format!("{why} with that the signature fits.")) } else { Err(format!("{why} it does not fit.")) }
    },
};

pub static KEEPS_RETIRED_KEYS: NaiveVerifier = NaiveVerifier {
    name: "Never forgets a key",
    judge: |input| {
        let token = input.read();
        let old = input.ring.lab().rs256().verifiers();
        let named = old.iter().find(|key| key.kid().is_some() && key.kid() == token.text("kid"));
        match named.filter(|key| key.verifies(token.message.as_bytes(), &token.signature)) {
            Some(_) => input.unless_ended(&token, "The retired key is still on its list, and the signature fits it."),
            None => Err("No key that it ever had fits.".to_owned()),
        }
    },
};

pub static ACCEPTS_A_ZERO_SIGNATURE: NaiveVerifier = NaiveVerifier {
    name: "Takes zero for a signature",
    judge: |input| {
        let token = input.read();
        let bytes = token.signature_bytes();
        // In DER a zero is an INTEGER of one byte; what else stands there are tags and lengths.
        let zero = bytes.iter().all(|byte| *byte == 0) || *bytes == [0x30, 6, 2, 1, 0, 2, 1, 0];
        match token.text("alg") {
            Some("ES256") if zero => {
                input.unless_ended(&token, "0 = 0: with r and s zero its sum comes out for any text.")
            }
            _ => Err("The signature is not zero, and does not fit.".to_owned()),
        }
    },
};

pub static ACCEPTS_NONE: NaiveVerifier = NaiveVerifier {
    name: "Takes `none`",
    judge: |input| {
        let token = input.read();
        let none = token.text("alg").is_some_and(|alg| alg.eq_ignore_ascii_case("none"));
        if none && token.signature.is_empty() {
            return input.unless_ended(&token, "The header says that no signature is needed, and it takes its word.");
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
                .unless_ended(&token, "The header says HS256, so it takes its one key, the public one, for a secret.");
        }
        let fits = match alg.parse::<DemoAlgorithm>() {
            Ok(algorithm) => input.fits_under(algorithm, &token),
            Err(_) => alg.parse().is_ok_and(|alg| fits_related_algorithm(input.ring, alg, &token)),
        };
        if fits {
            input.unless_ended(&token, &format!("The header says {alg}, so {alg} it is, and the key fits."))
        } else {
            Err(format!("Its keys do not fit under {alg}, which the header names."))
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
            return input
                .unless_ended(&token, &format!("What stands there is close enough to {expected}, or a gap to fill."));
        }
        Err(format!("Even read loosely it is not {expected}, or the signature does not fit."))
    },
};

pub static IGNORES_WRONG_TYPES: NaiveVerifier = NaiveVerifier {
    name: "Takes a wrong type for absent",
    judge: |input| {
        input
            .signature_and_end("A claim of a type that it does not expect counts as absent, and what is absent passes.")
    },
};

pub static ALLOWS_A_MINUTE_OF_LEEWAY: NaiveVerifier = NaiveVerifier {
    name: "Allows a minute of leeway",
    judge: |input| {
        let token = input.read();
        let ended = token.number("exp").is_some_and(|exp| exp + 60.0 <= input.seconds());
        let early = ["iat", "nbf"].iter().filter_map(|name| token.number(name)).any(|it| it > input.seconds() + 60.0);
        if input.fits(&token) && !ended && !early {
            Ok("By its clock a minute more or less is nothing, so the token is good.".to_owned())
        } else {
            Err("More than its minute is missing, or the signature does not fit.".to_owned())
        }
    },
};

pub static ACCEPTS_MILLISECONDS: NaiveVerifier = NaiveVerifier {
    name: "Takes any number for a date",
    judge: |input| {
        let years = input.read().number("exp").map(|exp| ((exp - input.seconds()) / 31_557_600.0).floor());
        let years = years.unwrap_or_default();
        input.signature_and_end(&format!(
            "Read as seconds, `exp` lies {years} years ahead; it sees nothing odd in that."
        ))
    },
};

pub static IGNORES_EXPIRY: NaiveVerifier = NaiveVerifier {
    name: "Has no clock",
    judge: |input| {
        let token = input.read();
        if input.fits(&token) {
            Ok(format!("The signature fits, and it never looks at `exp`. It lets in {}.", token.subject()))
        } else {
            Err("The signature does not fit.".to_owned())
        }
    },
};

pub static IGNORES_CRIT: NaiveVerifier = NaiveVerifier {
    name: "Ignores `crit`",
    judge: |input| {
        input.signature_and_end("It skips header members that it does not know, also the one that forbids that.")
    },
};

pub static IGNORES_TYP: NaiveVerifier = NaiveVerifier {
    name: "Ignores `typ`",
    judge: |input| input.signature_and_end("A token is a token to it, of whatever kind."),
};

pub static IGNORES_ISSUER_AND_AUDIENCE: NaiveVerifier = NaiveVerifier {
    name: "Ignores `iss` and `aud`",
    judge: |input| {
        input.signature_and_end("The signature fits, so it does not ask who issued the token, and for whom.")
    },
};

pub static ACCEPTS_NULL_AS_GUEST: NaiveVerifier = NaiveVerifier {
    name: "Treats a missing token as a guest",
    judge: |input| match input.token {
        "" | "null" | "undefined" | "{}" => {
            Ok(format!("It reads `{}` as nothing, finds nothing to check, and lets a guest in.", input.token))
        }
        _ => Err("There is something, and it is no token.".to_owned()),
    },
};

pub static READS_THE_FIRST_THREE_PARTS: NaiveVerifier = NaiveVerifier {
    name: "Takes what it needs of the text",
    judge: |input| {
        let assembled = from_json(input.token);
        let text = assembled.as_deref().unwrap_or(input.token);
        let token = LaxToken::read_anything(text);
        if token.signature.is_empty() {
            return input.unless_ended(&token, "It finds no third part, and so no signature that could be wrong.");
        }
        if input.fits(&token) {
            input.unless_ended(&token, "It picks three parts that fit, and never sees the rest.")
        } else {
            Err("The three parts that it picks do not fit each other.".to_owned())
        }
    },
};

pub static ACCEPTS_ANY_PAYLOAD: NaiveVerifier = NaiveVerifier {
    name: "Takes any payload",
    judge: |input| {
        input.signature_and_end(
            "It looks each claim up, finds none that is wrong, and does not ask whether any is there.",
        )
    },
};

pub static DECODES_BASE64_LAXLY: NaiveVerifier = NaiveVerifier {
    name: "Decodes base64 laxly",
    judge: |input| input.signature_and_end("It skips stray characters and unused bits, and reads the same bytes."),
};

pub static KEEPS_THE_LAST_DUPLICATE: NaiveVerifier = NaiveVerifier {
    name: "Keeps the last of two members",
    judge: |input| {
        let token = input.read();
        let right = token.text("alg") == Some(input.target.algorithm().as_str());
        if right && input.fits(&token) {
            input.unless_ended(&token, "Of two members its parser keeps the last, whoever checked the first.")
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
            "It reads all {bytes} bytes, nested {depth} deep, and would as gladly read a thousand times that."
        ))
    },
};

pub static IGNORES_REVOCATION: NaiveVerifier = NaiveVerifier {
    name: "Has no list of revoked tokens",
    judge: |input| {
        input.signature_and_end("A logout deletes the cookie in one browser; the token itself is good until `exp`.")
    },
};

pub static REVOKES_BY_HASH: NaiveVerifier = NaiveVerifier {
    name: "Lists revoked texts by their hash",
    judge: |input| {
        let hash = |text: &str| digest::digest(&digest::SHA256, text.as_bytes());
        let listed = input.revoked.is_some_and(|it| hash(&it.token).as_ref() == hash(input.token).as_ref());
        if listed {
            return Err("The hash of this text is on its list.".to_owned());
        }
        input
            .signature_and_end("The hash of this text is not on its list, though the token that it spells was revoked.")
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
                "The signature is valid under some key of this server, and it does not ask what that key is for.",
            )
        } else {
            Err("The signature is valid under no key of this server.".to_owned())
        }
    },
};
