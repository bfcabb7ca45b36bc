//! EC keys on the two curves that tokens are signed with here, P-256 and P-384 (RFC 7518 §6.2).
//!
//! Whatever form a key comes in, what comes out is a point that is on its curve, or a pair whose halves belong
//! together.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsBigEndian as _, AsDer as _, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA384_FIXED_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, KeyPair as _, ParsedPublicKey,
};
use pkcs1::der::asn1::AnyRef;
use pkcs8::ObjectIdentifier;

use super::{KeyFault, der_structure, pem_blocks};

/// A curve. Each has its own algorithm (RFC 7518 §3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    P256,
    P384,
}

impl Curve {
    pub const ALL: [Self; 2] = [Self::P256, Self::P384];

    /// The name in `crv`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        }
    }

    /// The name in keys of OpenSSH (RFC 5656 §10.1).
    pub(super) const fn ssh_name(self) -> &'static str {
        match self {
            Self::P256 => "nistp256",
            Self::P384 => "nistp384",
        }
    }

    const fn identifier(self) -> ObjectIdentifier {
        match self {
            Self::P256 => ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"),
            Self::P384 => ObjectIdentifier::new_unwrap("1.3.132.0.34"),
        }
    }

    /// How many bytes a coordinate and a private number have.
    pub(super) const fn coordinate_bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }

    const fn signing(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
            Self::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
        }
    }

    const fn verification(self) -> &'static EcdsaVerificationAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_FIXED,
            Self::P384 => &ECDSA_P384_SHA384_FIXED,
        }
    }

    /// The curve that an object identifier names.
    fn identified(identifier: ObjectIdentifier) -> Result<Self, KeyFault> {
        let found = Self::ALL.into_iter().find(|curve| curve.identifier() == identifier);
        found.ok_or_else(|| KeyFault::WrongKind(kind_on(other_curve(identifier)).into()))
    }

    /// The curve that the parameters of an EC key name (RFC 5480 §2.1.1).
    pub(super) fn of_parameters(parameters: Option<AnyRef<'_>>) -> Result<Self, KeyFault> {
        let named = parameters.map(AnyRef::decode_as::<ObjectIdentifier>);
        match named {
            Some(Ok(identifier)) => Self::identified(identifier),
            Some(Err(_)) => Err(explicit_curve()),
            None => Err(KeyFault::Broken("it does not say which curve it is on".into())),
        }
    }
}

/// The names of other curves that keys are made on.
fn other_curve(identifier: ObjectIdentifier) -> String {
    const NAMES: [(&str, &str); 7] = [
        ("1.3.132.0.35", "P-521"),
        ("1.3.132.0.10", "secp256k1"),
        ("1.3.132.0.33", "P-224"),
        ("1.2.840.10045.3.1.1", "P-192"),
        ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"),
        ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"),
        ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"),
    ];
    let text = identifier.to_string();
    let known = NAMES.iter().find(|(number, _)| *number == text);
    known.map_or_else(|| format!("the curve {text}"), |(_, name)| (*name).to_owned())
}

/// For a sentence: `an EC key on P-521`.
pub(super) fn kind_on(curve: impl fmt::Display) -> String {
    format!("an EC key on {curve}")
}

fn explicit_curve() -> KeyFault {
    KeyFault::Repairable {
        what: "it is an EC key that spells out the numbers of its curve; write the curve's name instead".into(),
        command: "openssl ec -in FILE -param_enc named_curve -out NEW".into(),
    }
}

/// The public half: a point of its curve.
#[derive(Clone, PartialEq, Eq)]
pub struct EcPublicKey {
    curve: Curve,
    /// Uncompressed, as SEC 1 §2.3.3 writes it: 4, then both coordinates.
    point: Vec<u8>,
}

impl EcPublicKey {
    /// From a point as SEC 1 §2.3.3 writes it, compressed or not, which must be on the curve.
    pub fn new(curve: Curve, point: &[u8]) -> Result<Self, KeyFault> {
        let length = match point.first() {
            Some(4) => 1 + 2 * curve.coordinate_bytes(),
            Some(2 | 3) => 1 + curve.coordinate_bytes(),
            _ => 0,
        };
        if point.len() != length {
            return Err(KeyFault::Broken(
                format!("its public point has another length than {} needs", curve.as_str()).into(),
            ));
        }
        let key = spki(curve, point).map_err(|_| point_not_on_curve(curve.as_str()))?;
        // The library writes points uncompressed, at the end of the structure.
        let point =
            key.as_ref().len().checked_sub(1 + 2 * curve.coordinate_bytes()).map(|at| key.as_ref()[at..].to_vec());
        point.map(|point| Self { curve, point }).ok_or_else(|| point_not_on_curve(curve.as_str()))
    }

    /// From the coordinates of a JWK, which have the full length (RFC 7518 §6.2.1.2).
    pub fn from_coordinates(curve: Curve, [x, y]: [&[u8]; 2]) -> Result<Self, KeyFault> {
        Self::new(curve, &[&[4], x, y].concat())
    }

    pub const fn curve(&self) -> Curve {
        self.curve
    }

    pub fn x(&self) -> &[u8] {
        &self.point[1..=self.curve.coordinate_bytes()]
    }

    pub fn y(&self) -> &[u8] {
        &self.point[1 + self.curve.coordinate_bytes()..]
    }

    pub(super) fn to_pem(&self) -> Option<String> {
        Some(pem_blocks::wrap("PUBLIC KEY", spki(self.curve, &self.point).ok()?.as_ref()))
    }

    /// The key as the library verifies with it.
    pub(super) fn parsed(&self) -> Option<ParsedPublicKey> {
        ParsedPublicKey::new(self.curve.verification(), &self.point).ok()
    }
}

/// The point in the structure of RFC 5480. It fails for a point that is not on the curve.
fn spki(curve: Curve, point: &[u8]) -> Result<PublicKeyX509Der<'static>, Unspecified> {
    ParsedPublicKey::new(curve.verification(), point).map_err(|_| Unspecified)?.as_der()
}

pub(super) fn point_not_on_curve(curve: &str) -> KeyFault {
    KeyFault::Broken(format!("its point is not on the curve {curve}").into())
}

pub(super) fn halves_do_not_match() -> KeyFault {
    KeyFault::Broken("its public half does not belong to its private half".into())
}

/// The private half, parsed once, with its public half. Its number is never printed.
#[derive(Clone)]
pub struct EcPrivateKey {
    pair: Arc<EcdsaKeyPair>,
    public: EcPublicKey,
}

impl EcPrivateKey {
    /// Computes the public half from the private number. A public half that is given must be the same.
    pub fn new(curve: Curve, number: &[u8], public: Option<&EcPublicKey>) -> Result<Self, KeyFault> {
        let no_number = || KeyFault::Broken(format!("its private key is not valid for {}", curve.as_str()).into());
        let pair = EcdsaKeyPair::from_private_key_der(curve.signing(), &sec1(curve, number).ok_or_else(no_number)?);
        let key = Self::of_pair(curve, pair.map_err(|_| no_number())?)?;
        if public.is_some_and(|public| *public != key.public) { Err(halves_do_not_match()) } else { Ok(key) }
    }

    fn of_pair(curve: Curve, pair: EcdsaKeyPair) -> Result<Self, KeyFault> {
        let public = EcPublicKey::new(curve, pair.public_key().as_ref())?;
        Ok(Self { pair: Arc::new(pair), public })
    }

    /// From `EC PRIVATE KEY` (RFC 5915). `curve` is the one that the structure around it names, if there is one.
    pub(super) fn from_sec1(bytes: &[u8], curve: Option<Curve>) -> Result<Self, KeyFault> {
        let unreadable = || KeyFault::Truncated(der_structure::describe_damage(bytes).into());
        let key = der_structure::sec1(bytes).ok_or_else(unreadable)?;
        let own = match key.curve {
            der_structure::NamedCurve::Absent => None,
            der_structure::NamedCurve::Explicit => return Err(explicit_curve()),
            der_structure::NamedCurve::Named(identifier) => {
                let identifier = ObjectIdentifier::from_bytes(identifier).map_err(|_| unreadable())?;
                Some(Curve::identified(identifier)?)
            }
        };
        let curve = match (own, curve) {
            (Some(own), Some(around)) if own != around => {
                return Err(KeyFault::Broken("it names two curves".into()));
            }
            (own, around) => own.or(around).map_or_else(|| Curve::of_parameters(None), Ok)?,
        };
        let public = key.point.map(|point| EcPublicKey::new(curve, point)).transpose()?;
        Self::new(curve, key.number, public.as_ref())
    }

    /// A new key, as PKCS#8 in PEM.
    pub(super) fn generate_pem(curve: Curve) -> Result<String, Unspecified> {
        let der = EcdsaKeyPair::generate(curve.signing())?.to_pkcs8v1()?;
        Ok(pem_blocks::wrap("PRIVATE KEY", der.as_ref()))
    }

    /// The private number, as long as the curve's numbers are. `None` if the library does not give it.
    pub(super) fn number(&self) -> Option<Vec<u8>> {
        let number = self.pair.private_key().as_be_bytes().ok()?;
        Some(number.as_ref().to_vec())
    }

    /// PKCS#8. `None` if the library does not give it.
    pub(super) fn to_pkcs8(&self) -> Option<Vec<u8>> {
        Some(self.pair.to_pkcs8v1().ok()?.as_ref().to_vec())
    }

    pub(super) fn pair(&self) -> Arc<EcdsaKeyPair> {
        self.pair.clone()
    }

    pub const fn public(&self) -> &EcPublicKey {
        &self.public
    }
}

impl fmt::Debug for EcPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EcPrivateKey({}, …)", self.public.curve.as_str())
    }
}

/// The shortest `ECPrivateKey` of RFC 5915 with this number, which leaves the public half to be computed. `None` for a
/// number that is too long for the curve.
fn sec1(curve: Curve, number: &[u8]) -> Option<Vec<u8>> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let (number, bytes) = (&number[zeros..], curve.coordinate_bytes());
    let missing = bytes.checked_sub(number.len())?;
    let [inner, length] = [bytes + 5, bytes].map(u8::try_from);
    let head = [0x30, inner.ok()?, 2, 1, 1, 4, length.ok()?];
    Some([&head[..], &vec![0; missing], number].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_from_one_to_the_order_makes_a_pair() {
        for curve in Curve::ALL {
            let one = EcPrivateKey::new(curve, &[1], None).unwrap();
            assert_eq!(EcPrivateKey::new(curve, &[&[0; 9][..], &[1]].concat(), None).unwrap().public, one.public);
            for bad in [vec![], vec![0], vec![0xff; curve.coordinate_bytes()], vec![1; curve.coordinate_bytes() + 1]] {
                let fault = EcPrivateKey::new(curve, &bad, None).unwrap_err().to_string();
                assert!(fault.contains("private key is not valid for P-"), "{fault}");
            }
        }
    }

    #[test]
    fn a_point_is_read_compressed_too_and_must_be_on_the_curve() {
        for curve in Curve::ALL {
            let key = EcPrivateKey::new(curve, &[7], None).unwrap().public;
            let sign = 2 + key.y().last().unwrap() % 2;
            assert_eq!(EcPublicKey::new(curve, &[&[sign], key.x()].concat()).unwrap(), key);
            assert_eq!(EcPublicKey::from_coordinates(curve, [key.x(), key.y()]).unwrap(), key);
            let off = EcPublicKey::from_coordinates(curve, [key.y(), key.x()]).unwrap_err().to_string();
            assert!(off.contains("not on the curve"), "{off}");
            let hybrid = [&[4 + sign], key.x(), key.y()].concat();
            for bad in [&[][..], &[0], &[4], key.x(), &hybrid, &[&key.point[..], &[0]].concat()] {
                assert!(EcPublicKey::new(curve, bad).is_err(), "{bad:?}");
            }
        }
    }

    #[test]
    fn halves_that_do_not_belong_together_are_no_pair() {
        let [one, two] = [1, 2].map(|number| EcPrivateKey::new(Curve::P256, &[number], None).unwrap().public);
        assert!(EcPrivateKey::new(Curve::P256, &[1], Some(&one)).is_ok());
        assert!(EcPrivateKey::new(Curve::P256, &[1], Some(&two)).unwrap_err().to_string().contains("does not belong"));
    }
}
