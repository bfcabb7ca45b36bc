//! The lab's own keys, which sign its forgeries, so that no tutorial's key ever signs a forgery.

use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::derived::derived_bytes;
use super::key_set::Signers;
use super::{
    Algorithm, Curve, EcPrivateKey, EcPublicKey, Jwk, Jwks, KeyKind, PrivateKey, ProfileKeys, PublicKey, RsaPrivateKey,
    RsaPublicKey, Secret, Signer, Verifier, derived_rsa,
};

/// How many RSA pairs there are for all visitors together. No key set of the lessons has more keys, so no two keys of
/// one set are the same pair.
const PAIRS: usize = 3;

/// The pairs that visitors share, each made when it is first needed. Making one takes a few tenths of a second, so
/// there is a fixed number of them, however many visitors rotate their keys.
type SharedPairs = Arc<[OnceLock<Option<RsaPrivateKey>>; PAIRS]>;

/// The public exponent of the pair whose key can be recovered from two signatures. The numbers in that computation have
/// 2048 times as many bits, so with the usual exponent it takes minutes.
const SMALL_EXPONENT: u32 = 17;

/// A secret and an RSA pair that sign also what a right issuer never would, and the keys of single visitors.
#[derive(Clone, Debug)]
pub struct LabKeys {
    secret: Secret,
    rsa: RsaPrivateKey,
    shared_pairs: SharedPairs,
    pair_with_small_exponent: Arc<OnceLock<Option<RsaPrivateKey>>>,
    hs256: ProfileKeys,
    rs256: ProfileKeys,
}

/// An ES256 pair of the lessons. Its `kid` is its thumbprint (RFC 7638).
#[derive(Clone, Debug)]
pub struct Es256Pair {
    pub keys: ProfileKeys,
    pub public: EcPublicKey,
}

impl Es256Pair {
    fn new(private: EcPrivateKey, source: &str) -> Self {
        let ec = private.public().clone();
        let (private, public) = (PrivateKey::Ec(private), PublicKey::Ec(ec.clone()));
        let signer = Signer::with_pair(&private, Algorithm::Es256, Some(public.thumbprint()));
        let verifiers = vec![Verifier::with_public(&public, Algorithm::Es256, source)];
        Self { keys: ProfileKeys { signers: Signers::one(signer), verifiers }, public: ec }
    }
}

impl LabKeys {
    pub(super) fn new(secret: Secret, rsa: RsaPrivateKey, secret_source: &str, rsa_source: &str) -> Self {
        let hs256 = ProfileKeys::of_secret(&secret, secret_source);
        let rs256 = ProfileKeys::of_rsa(&rsa, rsa_source);
        Self {
            secret,
            rsa,
            shared_pairs: SharedPairs::default(),
            pair_with_small_exponent: Arc::default(),
            hs256,
            rs256,
        }
    }

    pub const fn hs256(&self) -> &ProfileKeys {
        &self.hs256
    }

    pub const fn rs256(&self) -> &ProfileKeys {
        &self.rs256
    }

    /// The public half of the pair.
    pub const fn public(&self) -> &RsaPublicKey {
        self.rsa.public()
    }

    /// The right key under any algorithm, also one that no verifier here expects.
    pub fn signer(&self, algorithm: Algorithm) -> Signer {
        let Signer { material, kid, .. } = match algorithm.key_kind() {
            KeyKind::Secret => self.hs256.signer(),
            // Of the other kinds the lab has no key, so what this gives signs nothing under their algorithms.
            KeyKind::Rsa | KeyKind::Ec(_) | KeyKind::Ed25519 => self.rs256.signer(),
        };
        Signer::new(material.clone(), algorithm, kid.clone())
    }

    /// One visitor's own HS256 keys, whose `kid`s are `lab-` and their number: the last number signs, and every one
    /// given verifies. They follow from the lab's secret (as in RFC 5869), so nothing is kept of them.
    pub fn secrets_of_visitor(
        &self,
        visitor: &str,
        numbers: impl DoubleEndedIterator<Item = u32>,
    ) -> Option<ProfileKeys> {
        let mut newest_first = numbers.rev().map(|number| (format!("lab-{number}"), self.derived(visitor, number)));
        let (kid, secret) = newest_first.next()?;
        let verifier = |(kid, secret): &(String, Secret)| Verifier {
            kid: Some(kid.clone()),
            ..Verifier::with_secret(secret, Algorithm::Hs256, kid)
        };
        let signer = Signer::with_secret(&secret, Algorithm::Hs256, Some(kid.clone()));
        let verifiers = std::iter::once((kid, secret)).chain(newest_first).map(|it| verifier(&it)).collect();
        Some(ProfileKeys { signers: Signers::one(signer), verifiers })
    }

    /// A secret that the lesson with this slug may show on its page. No verifier outside that lesson uses it.
    pub fn of_lesson(&self, slug: &str) -> Secret {
        self.derived_for(&format!("lesson {slug}"))
    }

    /// One visitor's own RS256 keys: the last number signs, and every one given verifies. Visitors share the pairs, and
    /// the `kid`s keep them apart, so a token of one visitor names no key of another.
    pub fn pairs_of_visitor(
        &self,
        visitor: &str,
        numbers: impl DoubleEndedIterator<Item = u32>,
    ) -> Option<ProfileKeys> {
        let mut newest_first =
            numbers.rev().map(|number| Some((Self::kid_of_pair(visitor, number), self.shared(number)?)));
        let (kid, pair) = newest_first.next()??;
        let verifier = |(kid, pair): (String, &RsaPrivateKey)| {
            let verifier = Verifier::with_rsa(pair.public(), Algorithm::Rs256, &kid);
            Verifier { kid: Some(kid), ..verifier }
        };
        let signer = Signer::with_rsa(pair, Algorithm::Rs256, Some(kid.clone()));
        let pairs = std::iter::once(Some((kid, pair))).chain(newest_first);
        let verifiers = pairs.map(|it| it.map(verifier)).collect::<Option<_>>()?;
        Some(ProfileKeys { signers: Signers::one(signer), verifiers })
    }

    /// The public halves of these keys of a visitor.
    pub fn key_set_of_visitor(&self, visitor: &str, numbers: impl Iterator<Item = u32>) -> Jwks {
        let jwk = |number| {
            let public = PublicKey::Rsa(self.shared(number)?.public().clone());
            Some(Jwk::new(&public, Algorithm::Rs256, Self::kid_of_pair(visitor, number)))
        };
        numbers.filter_map(jwk).collect()
    }

    /// The ES256 pair that this owner has in one visitor's lessons, such as a client or an issuer. It follows from the
    /// lab's secret, so nothing is kept of it.
    pub fn es256_of_visitor(&self, visitor: &str, owner: &str) -> Option<Es256Pair> {
        let pair = |attempt: u8| {
            let purpose = format!("visitor {visitor} es256 {owner} {attempt}");
            let number = derived_bytes(self.secret.as_bytes(), &purpose);
            EcPrivateKey::new(Curve::P256, number.as_ref(), None).ok()
        };
        // Of the numbers of 256 bits, one in four billion is none of the curve's.
        (0..4).find_map(pair).map(|private| Es256Pair::new(private, owner))
    }

    /// Makes the pairs that visitors share, unless that is done, and says whether there are any. It takes about half
    /// a second.
    pub fn make_pairs(&self) -> bool {
        (0..).take(PAIRS).all(|number| self.shared(number).is_some())
    }

    /// A pair whose exponent is small, and its public half. No verifier outside one lesson uses it. Making it takes a
    /// few tenths of a second, once.
    pub fn pair_with_small_exponent(&self) -> Option<(ProfileKeys, RsaPublicKey)> {
        let make = || derived_rsa::pair(&self.secret, "small exponent", SMALL_EXPONENT);
        self.pair_with_small_exponent.get_or_init(make);
        self.known_pair_with_small_exponent()
    }

    /// The same, if it was made before: that takes no time.
    pub fn known_pair_with_small_exponent(&self) -> Option<(ProfileKeys, RsaPublicKey)> {
        let pair = self.pair_with_small_exponent.get()?.as_ref()?;
        Some((ProfileKeys::of_rsa(pair, "the lab's pair with a small exponent"), pair.public().clone()))
    }

    /// The name of one visitor's RS256 key: its number, and some letters of the visitor's own.
    pub fn kid_of_pair(visitor: &str, number: u32) -> String {
        let own: String = visitor.chars().take(4).collect();
        format!("key-{number}-{own}")
    }

    fn shared(&self, number: u32) -> Option<&RsaPrivateKey> {
        let place = usize::try_from(number).unwrap_or_default() % PAIRS;
        let make = || derived_rsa::pair(&self.secret, &format!("visitors {place}"), derived_rsa::USUAL_EXPONENT);
        self.shared_pairs[place].get_or_init(make).as_ref()
    }

    fn derived(&self, visitor: &str, number: u32) -> Secret {
        self.derived_for(&format!("visitor {visitor} key {number}"))
    }

    fn derived_for(&self, purpose: &str) -> Secret {
        Secret::of_text(URL_SAFE_NO_PAD.encode(derived_bytes(self.secret.as_bytes(), purpose)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::ring::generated_pair;

    fn lab() -> LabKeys {
        LabKeys::new(Secret::of_text("a secret".to_owned()), generated_pair().unwrap(), "", "")
    }

    #[test]
    fn the_keys_of_one_set_are_different_pairs_and_those_of_other_visitors_have_other_names() {
        let lab = lab();
        let set = serde_json::to_value(lab.key_set_of_visitor("visitor-1", 2..=4)).unwrap();
        let members = |name: &str| -> Vec<String> {
            set["keys"].as_array().unwrap().iter().map(|key| key[name].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(members("kid"), ["key-2-visi", "key-3-visi", "key-4-visi"]);
        let mut moduli = members("n");
        moduli.sort();
        moduli.dedup();
        assert_eq!((moduli.len(), members("alg")), (3, vec!["RS256".to_owned(); 3]));
        assert!(set["keys"][0].get("d").is_none());
        let keys = lab.pairs_of_visitor("visitor-1", 2..=4).unwrap();
        assert_eq!(keys.signer().kid(), Some("key-4-visi"));
        let other = lab.pairs_of_visitor("other", 4..=4).unwrap();
        assert!(keys.verifiers().iter().all(|key| key.kid() != other.signer().kid()));
    }

    #[test]
    fn every_owner_and_every_visitor_has_an_es256_pair_of_their_own_that_follows_from_the_secret() {
        let [lab, again] = [lab(), lab()];
        let thumbprint = |lab: &LabKeys, visitor: &str, owner: &str| {
            let pair = lab.es256_of_visitor(visitor, owner).unwrap();
            pair.keys.signer().kid().unwrap().to_owned()
        };
        assert_eq!(thumbprint(&lab, "me", "bob"), thumbprint(&again, "me", "bob"));
        assert_ne!(thumbprint(&lab, "me", "bob"), thumbprint(&lab, "me", "mallory"));
        assert_ne!(thumbprint(&lab, "me", "bob"), thumbprint(&lab, "you", "bob"));
        let keys = lab.es256_of_visitor("me", "bob").unwrap().keys;
        assert!(keys.verifiers()[0].verifies(b"text", &keys.signer().sign(b"text").unwrap()));
    }

    #[test]
    fn another_process_with_the_same_secret_has_the_same_pairs() {
        let sets = [lab(), lab()].map(|lab| serde_json::to_value(lab.key_set_of_visitor("me", 1..=1)).unwrap());
        assert_eq!(sets[0], sets[1]);
    }
}
