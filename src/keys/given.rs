//! A key that somebody hands over: a secret's text, or a key in any form that is recognised, a JWK and a set of them
//! included.
//!
//! The key decides which algorithms it may be used with, never the token: choosing the other way round is how a
//! public key ends up as an HMAC secret (RFC 8725 §2.1). The token's `kid` only picks among the keys of a set.

mod jwk;

use std::io;
use std::path::Path;

use super::fault::PLAIN_SECRET;
use super::files::{read_given, read_key};
use super::recognise::{Key, no_key_in, recognise};
use super::{
    Algorithm, KeyError, KeyFault, KeyKind, PrivateKey, PublicKey, RsaPrivateKey, RsaPublicKey, Secret, Signer,
    Verifier, charset,
};
use crate::texts::wrapped_token::Unwrapped;
pub(crate) use jwk::kind_of_json;

/// What somebody gave as the key: one key, or a set of them.
#[derive(Debug)]
pub struct GivenKey {
    keys: Vec<OneKey>,
    /// Whether they were given as a set, where a `kid` picks one.
    is_set: bool,
    source: String,
}

/// One key on its own, with what a JWK says of its use.
#[derive(Debug)]
struct OneKey {
    material: Material,
    bound_to: Option<Algorithm>,
    kid: Option<String>,
    may_sign: bool,
}

#[derive(Debug)]
enum Material {
    Secret {
        secret: Secret,
        kind: &'static str,
    },
    Private(PrivateKey),
    /// A private RSA key without its primes. They are searched for when it signs, because that takes a while.
    WithoutPrimes {
        public: RsaPublicKey,
        d: PrivateExponent,
    },
    Public(PublicKey),
}

/// The private exponent of an RSA key. It is never printed.
struct PrivateExponent(Vec<u8>);

impl std::fmt::Debug for PrivateExponent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateExponent(…)")
    }
}

/// What verifies the tokens of whoever gave the key.
#[derive(Debug)]
pub enum GivenVerifier {
    /// This key alone, whatever `kid` says.
    One(Verifier),
    /// Several keys of a set; `kid` names one.
    Set(Vec<Verifier>),
}

impl GivenKey {
    /// Reads a key from a file of any name, or from a pipe that has one.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let bytes = read_given(path)?;
        Self::parse_file(&bytes, &path.display().to_string()).map_err(KeyError::unfit(path))
    }

    /// Reads a key from standard input, which a command line calls `-`.
    pub fn read_from(source: &mut dyn io::Read) -> Result<Self, KeyError> {
        let path = Path::new("-");
        let unreadable = |source| KeyError::Unreadable { path: path.to_owned(), source };
        let bytes = read_key(source).map_err(unreadable)?;
        Self::parse_file(&bytes, "standard input").map_err(KeyError::unfit(path))
    }

    /// Like [`parse`](Self::parse), but refuses a token: its file is easily named where the key's file belongs.
    fn parse_file(bytes: &[u8], source: &str) -> Result<Self, KeyFault> {
        if is_token(bytes) { Err(KeyFault::Token) } else { Self::parse(bytes, source) }
    }

    /// Reads a key in any form. Any other text is a secret, except a JSON object, which is refused as an incomplete
    /// JWK. `source` is how messages name the input.
    pub fn parse(bytes: &[u8], source: &str) -> Result<Self, KeyFault> {
        let secret = || Ok(Self::secret(plain_secret(bytes)?, source));
        Self::of_recognised(bytes, source).unwrap_or_else(secret)
    }

    /// Reads a key in any form; `None` for a text that is none, which [`parse`](Self::parse) takes for a secret.
    pub fn of_recognised(bytes: &[u8], source: &str) -> Option<Result<Self, KeyFault>> {
        recognise(bytes).map(|found| Self::of_key(found.key?, source))
    }

    /// The secret in a file of the keys folder, which signs HS256. It is read as the file of a `--key` is: a token is
    /// refused, and a JWK decoded. Every other key is refused, because its public half would let everybody sign.
    pub(super) fn secret_in_folder(bytes: &[u8]) -> Result<Secret, KeyFault> {
        if is_token(bytes) {
            return Err(KeyFault::Token);
        }
        match recognise(bytes).map(|found| found.key) {
            Some(Ok(key @ Key::Jwk(_))) if key.is_secret() => Self::of_key(key, "")?.into_secret(),
            // Refuses a key, and says which kind it is.
            Some(_) => Secret::from_file(bytes),
            None => plain_secret(bytes),
        }
    }

    fn into_secret(self) -> Result<Secret, KeyFault> {
        self.signer(Some(Algorithm::Hs256))?;
        let too_many = self.too_many("", |_| true);
        let mut keys = self.keys;
        match (keys.pop().map(|key| key.material), keys.is_empty()) {
            (Some(Material::Secret { secret, .. }), true) => Ok(secret),
            (_, true) => Err(KeyFault::KeyForSecret("a JWK")),
            (_, false) => Err(too_many),
        }
    }

    /// A secret, whose bytes are used as they are.
    pub fn from_secret(bytes: &[u8], source: &str) -> Result<Self, KeyFault> {
        Ok(Self::secret(Secret::from_text(bytes)?, source))
    }

    /// A key in any form except JWK, private or public, and no secret.
    pub fn from_key_file(bytes: &[u8], source: &str) -> Result<Self, KeyFault> {
        match recognise(bytes).ok_or_else(|| no_key_in(bytes))?.key? {
            Key::Jwk(_) => Err(KeyFault::Jwk("text is a JWK; send it as `jwk`".to_owned())),
            key => Self::of_key(key, source),
        }
    }

    /// A key of RFC 7517, or a set of them.
    pub fn from_jwk(bytes: &[u8], source: &str) -> Result<Self, KeyFault> {
        match recognise(bytes).map(|found| found.key) {
            Some(Ok(key @ Key::Jwk(_))) => Self::of_key(key, source),
            _ => Self::of_key(Key::Jwk(charset::text(bytes).into_owned()), source),
        }
    }

    fn of_key(key: Key, source: &str) -> Result<Self, KeyFault> {
        let (keys, is_set) = match key {
            Key::Private(private) => (vec![OneKey::plain(Material::Private(private))], false),
            Key::Public(public) => (vec![OneKey::plain(Material::Public(public))], false),
            Key::Jwk(text) => jwk::keys(&text)?,
        };
        Ok(Self { keys, is_set, source: source.to_owned() })
    }

    fn secret(secret: Secret, source: &str) -> Self {
        let material = Material::Secret { secret, kind: PLAIN_SECRET };
        Self { keys: vec![OneKey::plain(material)], is_set: false, source: source.to_owned() }
    }

    /// This key alone as a verifier, under `wanted` or the algorithm that follows from the key.
    pub fn verifier(&self, wanted: Option<Algorithm>) -> Result<Verifier, KeyFault> {
        match self.verifiers(wanted)? {
            GivenVerifier::One(verifier) => Ok(verifier),
            GivenVerifier::Set(_) => Err(self.too_many("", |_| true)),
        }
    }

    /// What verifies under `wanted`, or under the algorithm that follows from each key.
    pub fn verifiers(&self, wanted: Option<Algorithm>) -> Result<GivenVerifier, KeyFault> {
        if let [key] = &self.keys[..] {
            return Ok(GivenVerifier::One(key.verifier(wanted, &self.source)?));
        }
        let fitting = self.keys.iter().filter_map(|key| key.verifier(wanted, &self.source).ok());
        let mut fitting: Vec<Verifier> = fitting.collect();
        match fitting.len() {
            0 => Err(self.none_fits(wanted)),
            1 => Ok(GivenVerifier::One(fitting.remove(0))),
            _ => Ok(GivenVerifier::Set(fitting)),
        }
    }

    /// The key as a signer, under `wanted` or the algorithm that follows from it. Of a set, the only key that signs.
    pub fn signer(&self, wanted: Option<Algorithm>) -> Result<Signer, KeyFault> {
        if let [key] = &self.keys[..] {
            return key.signer(wanted);
        }
        let signing: Vec<_> = self.keys.iter().filter(|key| key.signs()).collect();
        let fitting: Vec<_> = signing.iter().copied().filter(|key| key.algorithm(wanted).is_ok()).collect();
        match (&signing[..], &fitting[..]) {
            ([], _) => Err(KeyFault::PublicForPrivate),
            ([key], _) | (_, [key]) => key.signer(wanted),
            _ => Err(self.too_many(" that sign, and one is wanted", OneKey::signs)),
        }
    }

    /// Like [`signer`](Self::signer), where `kid` names the one of several keys.
    pub fn signer_named(&self, kid: Option<&str>, wanted: Option<Algorithm>) -> Result<Signer, KeyFault> {
        let is_named = |key: &&OneKey| kid.is_some() && key.kid.as_deref() == kid;
        match (&self.keys.iter().filter(is_named).collect::<Vec<_>>()[..], kid) {
            ([key], _) => key.signer(wanted),
            ([], Some(kid)) if self.is_set && self.keys.iter().any(|key| key.kid.is_some()) => Err(self.no_kid(kid)),
            _ => self.signer(wanted),
        }
    }

    fn no_kid(&self, kid: &str) -> KeyFault {
        let (kid, kids) = (shown(kid), self.kids());
        KeyFault::Jwk(format!("key set has no usable key with the kid `{kid}`; its kids: {kids}"))
    }

    fn none_fits(&self, wanted: Option<Algorithm>) -> KeyFault {
        let wanted = wanted.map_or_else(|| "that verifies".to_owned(), |algorithm| format!("for {algorithm}"));
        KeyFault::Jwk(format!("key set has no key {wanted}; its kids: {}", self.kids()))
    }

    fn kids(&self) -> String {
        self.keys.iter().map(OneKey::shown_kid).collect::<Vec<_>>().join(", ")
    }

    /// Names the keys of a set, so that one can be chosen.
    fn too_many(&self, why: &str, counted: impl Fn(&OneKey) -> bool) -> KeyFault {
        let kids: Vec<_> = self.keys.iter().filter(|key| counted(key)).map(OneKey::shown_kid).collect();
        KeyFault::Jwk(format!(
            "key set has {} keys{why}; keep the one that is meant (their kids: {})",
            kids.len(),
            kids.join(", ")
        ))
    }
}

impl OneKey {
    const fn plain(material: Material) -> Self {
        Self { material, bound_to: None, kid: None, may_sign: true }
    }

    fn verifier(&self, wanted: Option<Algorithm>, source: &str) -> Result<Verifier, KeyFault> {
        let algorithm = self.algorithm(wanted)?;
        let verifier = match &self.material {
            Material::Secret { secret, .. } => Verifier::with_secret(secret, algorithm, source),
            Material::Private(private) => Verifier::with_public(&private.public(), algorithm, source),
            Material::WithoutPrimes { public, .. } => Verifier::with_rsa(public, algorithm, source),
            Material::Public(public) => Verifier::with_public(public, algorithm, source),
        };
        // RFC 7517 §4.5: a key's own name goes before the thumbprint.
        Ok(Verifier { kid: self.kid.clone().or_else(|| verifier.kid.clone()), ..verifier })
    }

    fn signer(&self, wanted: Option<Algorithm>) -> Result<Signer, KeyFault> {
        let algorithm = self.algorithm(wanted)?;
        if matches!(self.material, Material::Public(_)) {
            return Err(KeyFault::PublicForPrivate);
        }
        if !self.may_sign {
            let message = "`key_ops` does not name \"sign\", so this key only verifies; sign with another key";
            return Err(KeyFault::Jwk(message.to_owned()));
        }
        let kid = self.kid.clone();
        match &self.material {
            Material::Secret { secret, .. } => Ok(Signer::with_secret(secret, algorithm, kid)),
            Material::Private(private) => Ok(Signer::with_pair(private, algorithm, kid)),
            Material::WithoutPrimes { public, d } => {
                Ok(Signer::with_rsa(&RsaPrivateKey::from_exponent(public, &d.0)?, algorithm, kid))
            }
            Material::Public(_) => Err(KeyFault::PublicForPrivate),
        }
    }

    fn signs(&self) -> bool {
        self.may_sign && !matches!(self.material, Material::Public(_))
    }

    fn shown_kid(&self) -> String {
        self.kid.as_ref().map_or_else(|| "none".to_owned(), |kid| shown(kid))
    }

    fn algorithm(&self, wanted: Option<Algorithm>) -> Result<Algorithm, KeyFault> {
        let algorithm = wanted.or(self.bound_to).unwrap_or_else(|| self.material.kind().usual_algorithm());
        if let Some(bound_to) = self.bound_to.filter(|bound_to| *bound_to != algorithm) {
            let message = format!("`alg` binds the key to {bound_to}, and {algorithm} was asked for");
            return Err(KeyFault::Jwk(message));
        }
        self.material.expect_fit(algorithm)?;
        Ok(algorithm)
    }
}

impl Material {
    const fn kind(&self) -> KeyKind {
        match self {
            Self::Secret { .. } => KeyKind::Secret,
            Self::WithoutPrimes { .. } => KeyKind::Rsa,
            Self::Private(private) => private.kind(),
            Self::Public(public) => public.kind(),
        }
    }

    fn expect_fit(&self, algorithm: Algorithm) -> Result<(), KeyFault> {
        if algorithm.key_kind() == self.kind() {
            return Ok(());
        }
        let kind = match self {
            Self::Secret { kind, .. } => kind,
            _ => self.kind().noun(),
        };
        Err(KeyFault::Unfit { algorithm, kind, accepted: self.kind().algorithm_names() })
    }
}

/// A `kid` as messages show it.
fn shown(kid: &str) -> String {
    kid.escape_debug().take(64).collect()
}

/// A text that is no form of a key, as a secret.
fn plain_secret(bytes: &[u8]) -> Result<Secret, KeyFault> {
    match jwk::of_other_json(&charset::text(bytes)) {
        Some(fault) => Err(fault),
        None => Secret::from_file(bytes),
    }
}

/// Whether the text is one token in the compact form (RFC 7515 §3.1, RFC 7516 §3.1), however it was pasted: base64url
/// with dots, of which the header begins as every JSON object does.
fn is_token(bytes: &[u8]) -> bool {
    let text = charset::text(bytes);
    let token = Unwrapped::new(&text).text;
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    token.starts_with("eyJ") && token.chars().all(is_of_token) && matches!(token.split('.').count(), 3 | 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::keys::KeyLocation;

    fn fault(jwk: &str) -> String {
        GivenKey::parse(jwk.as_bytes(), "key.jwk").unwrap_err().to_string()
    }

    #[test]
    fn a_jwk_for_another_use_is_refused() {
        assert!(fault(r#"{"kty":"oct","k":"c2VjcmV0","use":"enc"}"#).contains("`use` is \"enc\""));
        assert!(fault(r#"{"kty":"oct","k":"c2VjcmV0","key_ops":["sign","wrapKey"]}"#).contains("\"wrapKey\""));
        assert!(fault(r#"{"kty":"EC","crv":"P-521"}"#).contains("`crv` is \"P-521\""));
        assert!(fault(r#"{"kty":"EC","crv":"P-256"}"#).contains("lacks the member `x`"));
        assert!(fault(r#"{"kty":"OKP","crv":"X25519"}"#).contains("`crv` is \"X25519\""));
        assert!(fault(r#"{"kty":"AKP"}"#).contains("`kty` is \"AKP\""));
        assert!(fault(r#"{"kty":"oct","k":"c2VjcmV0","alg":"RS256"}"#).contains("RS256 does not fit"));
        assert!(fault(r#"{"kty":"oct","k":"c2V=","alg":"HS256"}"#).contains("base64url"));
        assert!(fault(r#"{"kty":"oct"}"#).contains("lacks the member `k`"));
    }

    #[test]
    fn an_invalid_jwk_is_reported_without_its_values() {
        for jwk in [r#"{"kty":"oct","k":271828}"#, r#"{"kty":"oct","key_ops":"271828"}"#, r#"["271828"]"#] {
            let fault = GivenKey::from_jwk(jwk.as_bytes(), "key.jwk").unwrap_err().to_string();
            assert!(fault.contains("JWK is not one") && !fault.contains("271828"), "{fault}");
        }
    }

    #[test]
    fn a_form_that_was_named_takes_no_other() {
        let jwk = br#"{"kty":"oct","k":"c2VjcmV0"}"#;
        assert!(matches!(GivenKey::from_secret(jwk, "k"), Err(KeyFault::KeyForSecret("a JWK"))));
        assert!(matches!(GivenKey::from_key_file(b"mysecret", "k"), Err(KeyFault::Unrecognised)));
        assert!(GivenKey::from_key_file(jwk, "k").is_err() && GivenKey::from_jwk(b"mysecret", "k").is_err());
        assert!(GivenKey::from_secret(b"{mysecret}", "k").is_ok(), "not every brace opens a JWK");
    }

    #[test]
    fn a_json_object_that_is_no_jwk_is_no_secret_and_told_what_it_lacks() {
        for (text, lacks) in [
            ("{}", "lacks the member `kty`"),
            (r#"{"a":1}"#, "lacks the member `kty`"),
            (r#"{"k":"c2VjcmV0"}"#, "lacks the member `kty`"),
            (" {\n}\n", "lacks the member `kty`"),
            (r#"{"keys":{}}"#, "`keys` is an object, and it must be an array of JWKs"),
            (r#"{"keys":null}"#, "`keys` is null, and it must be an array of JWKs"),
            (r#"{"ciphertext":"x","iv":"y","protected":"z"}"#, "encrypted (JWE)"),
            (r#"{"payload":"e30","protected":"z","signature":"y"}"#, "a token in JSON"),
        ] {
            assert!(fault(text).contains(lacks), "{text}: {}", fault(text));
        }
        for secret in ["{mysecret}", "[1, 2]", "\"quoted\"", "{"] {
            assert!(GivenKey::parse(secret.as_bytes(), "k").is_ok(), "{secret}");
        }
    }

    #[test]
    fn a_key_whose_alg_is_ed25519_is_for_eddsa() {
        let jwk = |alg: &str| {
            let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}","alg":"{alg}"}}"#)
        };
        for alg in ["EdDSA", "Ed25519"] {
            let key = GivenKey::parse(jwk(alg).as_bytes(), "k").unwrap();
            assert_eq!(key.verifier(None).unwrap().algorithm(), Algorithm::EdDsa, "{alg}");
        }
        assert!(fault(&jwk("ed25519")).contains("it must be HS256, "), "{}", fault(&jwk("ed25519")));
        assert!(fault(r#"{"kty":"oct","k":"c2VjcmV0","alg":"Ed25519"}"#).contains("EdDSA does not fit"));
    }

    #[test]
    fn a_kid_that_no_key_of_the_set_has_is_refused_with_the_kids_of_the_set() {
        let oct = |kid: &str| format!(r#"{{"kty":"oct","k":"c2VjcmV0"{kid}}}"#);
        let set = |keys: &[&str]| {
            let keys: Vec<_> = keys.iter().map(|kid| oct(kid)).collect();
            GivenKey::parse(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes(), "k").unwrap()
        };
        let [a, b] = [r#","kid":"a""#, r#","kid":"b""#];
        for (keys, kids) in [(&[a, b][..], "a, b"), (&[a], "a"), (&[a, ""], "a, none")] {
            let told = set(keys).signer_named(Some("zz"), None).unwrap_err().to_string();
            assert_eq!(told, format!("its key set has no usable key with the kid `zz`; its kids: {kids}"));
        }
        assert!(set(&[a, b]).signer_named(Some("b"), None).is_ok());
        assert!(set(&[""]).signer_named(Some("zz"), None).is_ok(), "the only key has no other name");
        let alone = GivenKey::parse(oct(a).as_bytes(), "k").unwrap();
        assert!(alone.signer_named(Some("zz"), None).is_ok(), "one key is no set");
    }

    #[test]
    fn a_set_without_a_key_for_the_algorithm_is_refused_with_its_kids() {
        let set = br#"{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"a"},{"kty":"oct","k":"c2VjcmV0","kid":"b"}]}"#;
        let told = GivenKey::parse(set, "k").unwrap().verifiers(Some(Algorithm::Rs256)).unwrap_err().to_string();
        assert_eq!(told, "its key set has no key for RS256; its kids: a, b");
    }

    #[test]
    fn the_folder_and_a_file_that_was_named_read_a_secret_alike() {
        let token = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl";
        for text in [
            token.to_owned(),
            format!("{token}\n"),
            format!("Bearer {token}"),
            format!("Authorization: Bearer {token}\n"),
            format!("\"{token}\""),
            format!("access_token={token}"),
            format!("\"access_token\": \"{token}\","),
            format!("token {token}"),
            format!("JWT {token}"),
            format!("id_token: {token};"),
        ] {
            assert!(matches!(GivenKey::secret_in_folder(text.as_bytes()), Err(KeyFault::Token)), "{text}");
            assert!(matches!(GivenKey::parse_file(text.as_bytes(), "k"), Err(KeyFault::Token)), "{text}");
        }
        let place = KeyLocation::Secret("keys/hs256.secret".to_owned());
        let told = KeyFault::Token.advised(&place).to_string();
        assert!(told.starts_with("it holds a token and not a key; everybody who saw the token would"), "{told}");
        assert!(
            told.ends_with(
                "put random text into it: `umask 077 && openssl rand -base64 48 > keys/hs256.secret.new \
                 && mv keys/hs256.secret.new keys/hs256.secret`"
            ),
            "{told}"
        );
        for text in [
            r#"{"kty":"oct","k":"c2VjcmV0"}"#,
            r#"{"kty":"oct","k":"c2VjcmV0","alg":"HS256","use":"sig","kid":"a"}"#,
            r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#,
            "secret\n",
        ] {
            assert_eq!(GivenKey::secret_in_folder(text.as_bytes()).unwrap().as_bytes(), b"secret", "{text}");
            let sign = |key: GivenKey| key.signer(Some(Algorithm::Hs256)).unwrap().sign(b"x").unwrap();
            let plain = GivenKey::parse_file(b"secret", "k").unwrap();
            assert_eq!(sign(GivenKey::parse_file(text.as_bytes(), "k").unwrap()), sign(plain), "{text}");
        }
    }

    #[test]
    fn a_jwk_that_is_no_secret_for_hs256_is_refused_in_the_folder_with_the_true_reason() {
        for (text, reason) in [
            (r#"{"kty":"oct","k":"c2VjcmV0","alg":"HS512"}"#, "binds the key to HS512, and HS256 was asked for"),
            (r#"{"kty":"oct","k":"c2VjcmV0","use":"enc"}"#, "`use` is \"enc\""),
            (r#"{"kty":"oct","k":"c2VjcmV0","key_ops":["verify"]}"#, "`key_ops` does not name \"sign\""),
            (r#"{"kty":"oct"}"#, "lacks the member `k`"),
            (r#"{"kty":"oct","k":"c2VjcmV0""#, "JWK is not one"),
            (r#"{"keys":[{"kty":"oct","k":"YQ"},{"kty":"oct","k":"Yg"}]}"#, "key set has 2 keys"),
            (r#"{"a":1}"#, "lacks the member `kty`"),
            (
                r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
                "it holds a JWK where an HMAC",
            ),
        ] {
            let told = GivenKey::secret_in_folder(text.as_bytes()).unwrap_err().to_string();
            assert!(told.contains(reason), "{text}: {told}");
        }
    }

    #[test]
    fn the_alg_of_a_jwk_binds_it() {
        let key = GivenKey::parse(br#"{"kty":"oct","k":"c2VjcmV0","alg":"HS384"}"#, "key.jwk").unwrap();
        assert_eq!(key.verifier(None).unwrap().algorithm(), Algorithm::Hs384);
        assert!(key.verifier(Some(Algorithm::Hs256)).unwrap_err().to_string().contains("binds the key to HS384"));
    }

    #[test]
    fn an_algorithm_that_does_not_fit_the_key_is_refused() {
        let key = GivenKey::parse(b"mysecret\n", "secret").unwrap();
        assert_eq!(key.verifier(None).unwrap().algorithm(), Algorithm::Hs256);
        assert_eq!(key.signer(Some(Algorithm::Hs512)).unwrap().algorithm(), Algorithm::Hs512);
        assert!(key.verifier(Some(Algorithm::Rs256)).unwrap_err().to_string().contains("it is a secret"));
    }

    #[test]
    fn a_damaged_pem_is_never_taken_for_a_secret() {
        let cut = b"-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A";
        assert!(matches!(GivenKey::parse(cut, "k"), Err(KeyFault::Truncated(_))));
    }
}
