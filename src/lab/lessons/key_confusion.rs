//! Key confusion: a verifier that uses one key for every algorithm accepts an HMAC made with its public key.
//!
//! The lab computes the HMAC over what the visitor wrote, or judges a token that was forged with other tools.

mod signature_hint;

use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};

use super::forged_token::{note, refused, unreadable};
use super::hints::Open;
use super::remark::{WANTED, clip, who_else};
use crate::keys::{Jwk, RsaPublicKey, Verifier};
use crate::lab::forge::mac;
use crate::lab::naive::{LaxToken, Objection, hmac_named};
use crate::token::{Claims, parse_object_keeping_last, signing_input};
use signature_hint::{NO_RSA, signature_hint};

/// What the naive verifier of this lesson does wrong.
pub const RULE: &str = "This is the portal's old verifier. It uses its one key file for whatever algorithm the token \
                        names, and checks `exp`.";

/// The longest text that a field of this lesson takes, in characters.
pub const LONGEST_FIELD: usize = 2000;

/// The bytes that serve as the secret of the HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Material {
    File,
    WithoutNewline,
    Der,
    Jwk,
    Own,
}

impl Material {
    /// In the order of the page: the solution last.
    pub const ALL: [Self; 5] = [Self::Own, Self::Jwk, Self::Der, Self::WithoutNewline, Self::File];

    pub const fn value(self) -> &'static str {
        match self {
            Self::File => "pem",
            Self::WithoutNewline => "pem-without-newline",
            Self::Der => "der",
            Self::Jwk => "jwk",
            Self::Own => "own",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::File => "the PEM file as it is",
            Self::WithoutNewline => "the PEM text without its last line break",
            Self::Der => "the DER inside the PEM",
            Self::Jwk => "the key as a JWK",
            Self::Own => "the text in the field below",
        }
    }

    pub fn find(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.value() == value)
    }

    /// The same where the field is not below.
    const fn secret(self) -> &'static str {
        match self {
            Self::Own => "a text of your own",
            other => other.label(),
        }
    }

    /// The bytes; `own` is what the visitor wrote.
    fn bytes(self, portal: &Portal<'_>, own: &str) -> Vec<u8> {
        match self {
            Self::File => portal.pem.as_bytes().to_vec(),
            Self::WithoutNewline => portal.pem.trim_end().as_bytes().to_vec(),
            Self::Der => pem::parse(portal.pem).map(pem::Pem::into_contents).unwrap_or_default(),
            Self::Jwk => serde_json::to_vec(&Jwk::from(portal.public)).unwrap_or_default(),
            Self::Own => own.as_bytes().to_vec(),
        }
    }

    /// What is said when the old verifier refused an HMAC with this secret.
    const fn hint(self) -> &'static str {
        match self {
            Self::WithoutNewline => {
                "Close: one byte is missing. The file ends in a line break, and the secret is every byte of the file."
            }
            Self::Der => {
                "Close: it is the same RSA key, written in other bytes. This verifier holds the PEM text. One that \
                 holds the DER would accept your token."
            }
            Self::Jwk => "Close: it is the same RSA key, written in other bytes. This verifier holds a PEM file.",
            Self::Own => {
                "The verifier does not use that text as a secret. Which text do you and the verifier both have?"
            }
            Self::File => "The secret is right. Something else of the token is not.",
        }
    }
}

/// The key of the portal, as its old verifier holds it.
pub struct Portal<'a> {
    pub public: &'a RsaPublicKey,
    /// The text of the file.
    pub pem: &'a str,
    pub verifier: &'a Verifier,
    /// The public key of this server's demo. It is here so that a message can name the mistake of using it.
    pub demo: Option<&'a RsaPublicKey>,
}

/// What the visitor wrote, of which the lab makes a token.
pub struct Written<'a> {
    pub header: &'a str,
    pub payload: &'a str,
    pub material: Material,
    pub own: &'a str,
}

impl Written<'_> {
    /// The token. Its signature is an HMAC even when the header says RS256: a forger has no private key.
    pub fn token(&self, portal: &Portal<'_>) -> String {
        let unsigned = signing_input(self.header, self.payload);
        let (_, _, algorithm, _) = self.named_hash().unwrap_or(HASHES[0]);
        let signature = mac(algorithm, &self.material.bytes(portal, self.own), &unsigned);
        format!("{unsigned}.{signature}")
    }

    /// The HMAC that the header names, if it names one.
    fn named_hash(&self) -> Option<(&'static str, &'static str, hmac::Algorithm, usize)> {
        let header = parse_object_keeping_last(self.header.as_bytes()).unwrap_or_default();
        let alg = header.get("alg")?.as_str()?;
        HASHES.into_iter().find(|(name, ..)| *name == alg)
    }

    /// What the signature of [`Self::token`] really is, which a header with another algorithm does not say.
    pub fn signature_in_words(&self) -> String {
        let (_, name, _, bytes) = self.named_hash().unwrap_or(HASHES[0]);
        let made = format!("{name} over the first two parts, {bytes} bytes. Its secret: {}.", self.material.secret());
        match self.named_hash() {
            Some(_) => made,
            None => format!("{made} The header does not name this algorithm."),
        }
    }
}

/// The HMACs that a header can name.
const HASHES: [(&str, &str, hmac::Algorithm, usize); 3] = [
    ("HS256", "HMAC-SHA256", hmac::HMAC_SHA256, 32),
    ("HS384", "HMAC-SHA384", hmac::HMAC_SHA384, 48),
    ("HS512", "HMAC-SHA512", hmac::HMAC_SHA512, 64),
];

/// What the next mistake is about.
pub fn open(written: &Written<'_>, pasted: &str, portal: &Portal<'_>) -> Open {
    let header = parse_object_keeping_last(written.header.as_bytes()).unwrap_or_default();
    let names_mac = header.get("alg").and_then(|alg| hmac_named(alg.as_str()?)).is_some();
    let is_file = written.material.bytes(portal, written.own) == portal.pem.as_bytes();
    if !pasted.trim().is_empty() {
        return Open::Part("tools");
    }
    Open::first(&[(names_mac, "alg"), (is_file, "secret"), (false, "payload")])
}

/// The answer of a verifier that has one key file and uses it for whatever algorithm the token names.
pub fn naive_verdict(token: &str, portal: &Portal<'_>, now: DateTime<Utc>) -> Result<Claims, Objection> {
    let token = LaxToken::read(token)?;
    let alg = token.alg()?;
    let (is_valid, how) = match hmac_named(alg) {
        Some(algorithm) => (token.is_mac(algorithm, portal.pem.as_bytes()), "the text of its file as the secret"),
        None if alg == portal.verifier.algorithm().as_str() => (is_signed(&token, portal), "the portal's private key"),
        None => return Err(Objection::UnknownAlg(clip(alg))),
    };
    if is_valid { token.claims_before_expiry(now) } else { Err(Objection::BadSignature(how.to_owned())) }
}

fn is_signed(token: &LaxToken, portal: &Portal<'_>) -> bool {
    portal.verifier.verifies(token.message.as_bytes(), &token.signature)
}

/// The judgement of a token that the lab made: `Ok` when it solves the lesson, otherwise what is still missing.
pub fn judge(written: &Written<'_>, token: &str, naive: &Result<Claims, Objection>) -> Result<String, String> {
    with_note(token, judge_written(written, token, naive))
}

/// The remark, and what the verifier does with a member that stands twice.
fn with_note(token: &str, judged: Result<String, String>) -> Result<String, String> {
    let twice = note(token);
    judged.map(|says| says + &twice).map_err(|says| says + &twice)
}

fn judge_written(written: &Written<'_>, token: &str, naive: &Result<Claims, Objection>) -> Result<String, String> {
    let names_rsa = || LaxToken::read(token).is_ok_and(|token| hmac_named(token.alg().unwrap_or_default()).is_none());
    match naive {
        Ok(claims) => accepted(claims),
        Err(Objection::BadSignature(_)) if names_rsa() => Err(NO_RSA.to_owned()),
        Err(Objection::BadSignature(_)) if matches!(written.material, Material::Own) && written.own.is_empty() => {
            Err("The field for your own text is empty. Write the text, or choose a form of the key in step 3."
                .to_owned())
        }
        Err(Objection::BadSignature(_)) => Err(written.material.hint().to_owned()),
        Err(objection) => Err(not_read(token, objection)),
    }
}

/// The judgement of a token that the visitor made with other tools.
pub fn judge_pasted(token: &str, portal: &Portal<'_>, naive: &Result<Claims, Objection>) -> Result<String, String> {
    match unreadable(token) {
        Some(fault) => Err(fault),
        None => with_note(token, judge_read(token, portal, naive)),
    }
}

fn judge_read(token: &str, portal: &Portal<'_>, naive: &Result<Claims, Objection>) -> Result<String, String> {
    match (naive, LaxToken::read(token)) {
        (Ok(_), Ok(token)) if is_signed(&token, portal) => Err(
            "This token is genuine: the portal signed it with its private key. A forgery is a token that the portal \
                 never signed."
                .to_owned(),
        ),
        (Ok(claims), _) => accepted(claims),
        (Err(Objection::BadSignature(_)), Ok(token)) => Err(signature_hint(&token, portal)),
        (Err(objection), _) => Err(not_read(token, objection)),
    }
}

fn accepted(claims: &Claims) -> Result<String, String> {
    match claims.get("sub") {
        Some(subject) if subject.as_str() == Some(WANTED) => Ok(
            "The old verifier accepts your token: Mallory is Admin now, and she can change 3 grades. The public key \
                became the secret."
                .to_owned(),
        ),
        Some(other) => Err(format!(
            "Close: the old verifier accepts your token, and believes that you are `{}`. {}",
            clip(&other.to_string()),
            who_else(other, "Who may change grades?")
        )),
        None => {
            Err("Close: the old verifier accepts your token, but its payload has no `sub`. So the verifier does not \
                     know who you are."
                .to_owned())
        }
    }
}

/// What is said to a token that the old verifier did not come to check the signature of, or refused afterwards.
fn not_read(token: &str, objection: &Objection) -> String {
    match objection {
        Objection::UnknownAlg(alg) => unknown(alg),
        other => refused(token, other).unwrap_or_else(|| format!("The old verifier cannot read the token: {other}.")),
    }
}

fn unknown(alg: &str) -> String {
    match ["RS256", "HS256", "HS384", "HS512"].iter().find(|it| it.eq_ignore_ascii_case(alg)) {
        Some(right) => format!("Close: the names of algorithms are case-sensitive. It is `{right}`, not `{alg}`."),
        None => format!("The old verifier does not know the algorithm `{alg}`. It knows RS256 and three with an HMAC."),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::keys::GivenKey;
    use crate::lab::lessons::forged_token::hexadecimal;

    const PEM: &str = include_str!("../../../tests/fixtures/keys/rsa-public-spki.pem");
    const OTHER: &str = include_str!("../../../tests/fixtures/keys/other-public-spki.pem");
    const PRIVATE: &str = include_str!("../../../tests/fixtures/keys/rsa-pkcs8.pem");
    const HS256: &str = r#"{"alg":"HS256"}"#;
    const ADMIN: &str = r#"{"sub":"admin"}"#;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn with_portal<T>(use_it: impl FnOnce(&Portal<'_>) -> T) -> T {
        let [public, demo] = [PEM, OTHER].map(|pem| RsaPublicKey::parse(pem.as_bytes()).unwrap());
        let verifier = GivenKey::parse(PEM.as_bytes(), "a test").unwrap().verifier(None).unwrap();
        use_it(&Portal { public: &public, pem: PEM, verifier: &verifier, demo: Some(&demo) })
    }

    fn outcome(header: &str, payload: &str, material: Material, own: &str) -> Result<String, String> {
        with_portal(|portal| {
            let written = Written { header, payload, material, own };
            let token = written.token(portal);
            judge(&written, &token, &naive_verdict(&token, portal, now()))
        })
    }

    fn pasted(token: &str) -> Result<String, String> {
        with_portal(|portal| judge_pasted(token, portal, &naive_verdict(token, portal, now())))
    }

    /// A token that was made elsewhere.
    fn made(header: &str, payload: &str, algorithm: hmac::Algorithm, secret: &[u8]) -> String {
        let unsigned = signing_input(header, payload);
        let signature = mac(algorithm, secret, &unsigned);
        format!("{unsigned}.{signature}")
    }

    #[test]
    fn the_signature_of_a_forgery_is_called_what_it_is_whatever_the_header_names() {
        let says = |header, material| Written { header, payload: ADMIN, material, own: "x" }.signature_in_words();
        assert_eq!(
            says(r#"{"alg":"RS256"}"#, Material::File),
            "HMAC-SHA256 over the first two parts, 32 bytes. Its secret: the PEM file as it is. The header does not name \
             this algorithm."
        );
        assert_eq!(
            says(r#"{"alg":"HS512"}"#, Material::Own),
            "HMAC-SHA512 over the first two parts, 64 bytes. Its secret: a text of your own."
        );
    }

    #[test]
    fn the_file_to_the_byte_is_the_secret_under_every_hmac() {
        for (name, algorithm) in
            [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
        {
            let header = format!(r#"{{"alg":"{name}"}}"#);
            assert!(outcome(&header, ADMIN, Material::File, "").is_ok());
            assert!(outcome(&header, ADMIN, Material::Own, PEM).is_ok());
            assert!(pasted(&made(&header, ADMIN, algorithm, PEM.as_bytes())).is_ok());
            for other in [Material::WithoutNewline, Material::Der, Material::Jwk] {
                assert!(outcome(&header, ADMIN, other, "").unwrap_err().starts_with("Close"));
            }
            assert!(outcome(&header, ADMIN, Material::Own, "x").unwrap_err().contains("both have"));
            assert!(outcome(&header, ADMIN, Material::Own, "").unwrap_err().contains("is empty"));
        }
    }

    #[test]
    fn under_the_name_of_rs256_no_hmac_is_accepted() {
        for material in Material::ALL {
            let said = outcome(r#"{"alg":"RS256"}"#, ADMIN, material, PEM).unwrap_err();
            assert!(said.contains("an HMAC is not one"), "{said}");
        }
    }

    #[test]
    fn a_near_miss_in_header_or_payload_is_named() {
        for (header, payload, word) in [
            ("alg: HS256", ADMIN, "header is not a JSON object"),
            ("{}", ADMIN, "names no algorithm"),
            (r#"{"alg":"hs256"}"#, ADMIN, "It is `HS256`, not `hs256`"),
            (r#"{"alg":"none"}"#, ADMIN, "does not know the algorithm `none`"),
            (HS256, r#"{"sub":"bob"}"#, r#"believes that you are `"bob"`"#),
            (HS256, r#"{"role":"admin"}"#, "has no `sub`"),
            (HS256, r#"{"sub":"admin","exp":1799999997}"#, "`exp` has passed"),
            (HS256, "admin", "payload is not a JSON object"),
        ] {
            let said = outcome(header, payload, Material::File, "").unwrap_err();
            assert!(said.contains(word), "{header} {payload}: {said}");
            let said = pasted(&made(header, payload, hmac::HMAC_SHA256, PEM.as_bytes())).unwrap_err();
            assert!(said.contains(word) || header.contains("hs256"), "{header} {payload}: {said}");
        }
    }

    #[test]
    fn the_secret_of_a_pasted_token_is_recognised() {
        let wide = PEM.replace('\n', "\r\n");
        let twice = format!("{PEM}\n");
        for (secret, word) in [
            (PEM.trim_end(), "one byte is missing"),
            (wide.as_str(), "CR LF"),
            (twice.as_str(), "one line break too many"),
            ("", "an empty secret"),
            (OTHER, "this server's demo"),
            (OTHER.trim_end(), "this server's demo"),
            ("guess", "another secret"),
        ] {
            let said = pasted(&made(HS256, ADMIN, hmac::HMAC_SHA256, secret.as_bytes())).unwrap_err();
            assert!(said.contains(word), "{word}: {said}");
        }
        let der = with_portal(|portal| Material::Der.bytes(portal, ""));
        assert!(pasted(&made(HS256, ADMIN, hmac::HMAC_SHA256, &der)).unwrap_err().contains("in other bytes"));
    }

    #[test]
    fn a_pasted_token_that_is_nearly_right_is_told_what_is_wrong() {
        assert!(pasted("").unwrap_err().contains("field is empty"));
        let twice = made(HS256, r#"{"sub":"bob","sub":"admin"}"#, hmac::HMAC_SHA256, PEM.as_bytes());
        assert!(pasted(&twice).unwrap().contains("the member `sub` twice"));
        let broken = made(r#"{"alg":HS256}"#, ADMIN, hmac::HMAC_SHA256, PEM.as_bytes());
        assert!(pasted(&broken).unwrap_err().contains("`HS256` has no quotation marks"));
        let text = format!("{HS256}.{ADMIN}");
        let signature = mac(hmac::HMAC_SHA256, PEM.as_bytes(), &text);
        let otherwise = format!("{}.{signature}", signing_input(HS256, ADMIN));
        assert!(pasted(&otherwise).unwrap_err().contains("before it was encoded"));
        assert!(pasted("a.b").unwrap_err().contains("this text has 2"));
        assert!(pasted("!.e30.AA").unwrap_err().contains("not base64url"));
        let mixed = made(HS256, ADMIN, hmac::HMAC_SHA512, PEM.as_bytes());
        assert!(pasted(&mixed).unwrap_err().contains("that of HS512, but the header names `HS256`"));
        let named_rsa = made(r#"{"alg":"RS256"}"#, ADMIN, hmac::HMAC_SHA256, PEM.as_bytes());
        assert!(pasted(&named_rsa).unwrap_err().contains("the header names `RS256`"));
        let right = made(HS256, ADMIN, hmac::HMAC_SHA256, PEM.as_bytes());
        let (unsigned, signature) = right.rsplit_once('.').unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let hex = hexadecimal(&bytes);
        for written in [hex.to_uppercase(), URL_SAFE_NO_PAD.encode(&hex), hex] {
            let told = pasted(&format!("{unsigned}.{written}")).unwrap_err();
            assert!(told.contains("a JWT needs it in base64url without `=`"), "{written}: {told}");
        }
        assert!(pasted(&format!("{right}=")).is_ok(), "a lax decoder reads padding");
    }

    #[test]
    fn a_token_that_the_portal_signed_is_no_forgery() {
        let signer = GivenKey::parse(PRIVATE.as_bytes(), "a test").unwrap().signer(None).unwrap();
        let genuine = crate::token::sign(r#"{"alg":"RS256"}"#, ADMIN, &signer).unwrap();
        assert!(pasted(genuine.as_str()).unwrap_err().contains("This token is genuine"));
    }

    #[test]
    fn a_signature_by_another_private_key_is_not_called_an_hmac() {
        let signer = &crate::lab::attackers_key::AttackersKey::get().unwrap().signer;
        let own = crate::token::sign(r#"{"alg":"RS256"}"#, ADMIN, signer).unwrap();
        let said = pasted(own.as_str()).unwrap_err();
        assert!(said.contains("Only the portal has the private key") && !said.contains("HMAC"), "{said}");
        let short = format!("{}.{}", signing_input(r#"{"alg":"RS256"}"#, ADMIN), URL_SAFE_NO_PAD.encode([1; 32]));
        assert!(pasted(&short).unwrap_err().contains("an HMAC is not one"));
    }

    #[test]
    fn the_forms_of_one_key_are_five_secrets() {
        let mut all: Vec<Vec<u8>> =
            with_portal(|portal| Material::ALL.iter().map(|it| it.bytes(portal, "own")).collect());
        assert!(all.iter().all(|bytes| !bytes.is_empty()));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 5);
    }
}
