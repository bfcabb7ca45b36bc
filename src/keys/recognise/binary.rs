//! Keys in files that are not text: DER, OpenSSH's and other programs' own formats.

use super::RecognisedKey;
use crate::keys::der_structure::{self, Structure};
use crate::keys::ec::EcPrivateKey;
use crate::keys::foreign::{self, ForeignForm, Half, Lock};
use crate::keys::rsa::{RsaPrivateKey, RsaPublicKey};
use crate::keys::{KeyFault, PrivateKey, PublicKey, ssh};

/// What the files of other programs begin with.
const MAGIC: [(&[u8], ForeignForm); 6] = [
    (b"\xfe\xed\xfe\xed\0\0\0", foreign::JAVA_KEYSTORE),
    (b"\xce\xce\xce\xce\0\0\0", foreign::JAVA_KEYSTORE),
    (b"\x1e\xf1\xb5\xb0\0\0\0\0", foreign::PVK),
    (b"\x07\x02\0\0\0\xa4\0\0RSA2", foreign::MICROSOFT_PRIVATE),
    (b"\x06\x02\0\0\0\xa4\0\0RSA1", foreign::MICROSOFT_PUBLIC),
    (b"\x06\x02\0\0\0\x24\0\0RSA1", foreign::MICROSOFT_PUBLIC),
];

/// What files begin with that have something else packed into them. Base64 of the same may be a secret.
pub(super) const PACKED: [(&[u8], ForeignForm); 3] = [
    (b"Salted__", foreign::OPENSSL_ENCRYPTED),
    (b"\x1f\x8b\x08", foreign::GZIP),
    (b"\0GITCRYPT\0", foreign::GIT_CRYPT),
];

pub(super) fn binary(bytes: &[u8]) -> Option<RecognisedKey> {
    if let Some(structure) = der_structure::recognise(bytes) {
        return Some(of_der(structure, bytes, true));
    }
    if bytes.starts_with(ssh::PRIVATE_MAGIC) {
        return Some(RecognisedKey::private(ssh::private(bytes)));
    }
    if ssh::is_blob(bytes) {
        return Some(RecognisedKey::public(ssh::public_of_blob(bytes)));
    }
    if is_cng_blob(bytes) {
        return Some(RecognisedKey::foreign(foreign::CNG));
    }
    if bytes.get(8..12) == Some(b"KBXf") {
        return Some(RecognisedKey::foreign(foreign::KEYBOX));
    }
    let known = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, form)| *form);
    known.or_else(|| pgp_packet(bytes)).map(RecognisedKey::foreign)
}

/// What Windows' CNG exports (`BCRYPT_RSAKEY_BLOB`): a magic number, the bits, and the length of the exponent.
fn is_cng_blob(bytes: &[u8]) -> bool {
    let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let is_rsa = [b"RSA1", b"RSA2", b"RSA3"].iter().any(|magic| bytes.starts_with(*magic));
    let is_sized = || number(4).is_some_and(|bits| (512..=16_384).contains(&bits) && bits.is_multiple_of(8));
    is_rsa && is_sized() && number(8).is_some_and(|length| (1..=8).contains(&length))
}

/// A key packet of RFC 9580 §5.5: its tag, its length, the version, the time, and one of the algorithms.
fn pgp_packet(bytes: &[u8]) -> Option<ForeignForm> {
    let (form, head) = match bytes.first()? {
        0x98 => (foreign::PGP_PUBLIC, 2),
        0x99 => (foreign::PGP_PUBLIC, 3),
        0x94 => (foreign::PGP_PRIVATE, 2),
        0x95 => (foreign::PGP_PRIVATE, 3),
        _ => return None,
    };
    let length = bytes.get(1..head)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let packet = bytes.get(head..)?;
    let is_known = packet.first() == Some(&4) && packet.get(5).is_some_and(|it| matches!(it, 1..=3 | 16..=19 | 22));
    (is_known && packet.len() > length && length > 40).then_some(form)
}

pub(super) fn of_der(structure: Structure, der: &[u8], is_bare: bool) -> RecognisedKey {
    let is_private = matches!(structure, Structure::Pkcs1Private | Structure::Pkcs8 | Structure::Sec1);
    RecognisedKey { private_der: is_private.then(|| der.to_vec()), ..judged(structure, der, is_bare) }
}

fn judged(structure: Structure, der: &[u8], is_bare: bool) -> RecognisedKey {
    let either = |bare, in_pem| RecognisedKey::foreign(if is_bare { bare } else { in_pem });
    match structure {
        Structure::Spki => RecognisedKey::public(PublicKey::from_spki(der)),
        Structure::Pkcs1Public => RecognisedKey::public(RsaPublicKey::from_pkcs1(der).map(PublicKey::Rsa)),
        Structure::Pkcs1Private => RecognisedKey::private(RsaPrivateKey::from_pkcs1(der).map(PrivateKey::Rsa)),
        Structure::Pkcs8 => RecognisedKey::private(PrivateKey::from_pkcs8(der)),
        Structure::EncryptedPkcs8 => {
            RecognisedKey::faulty(Half::Private, KeyFault::Passphrase(if is_bare { Lock::Der } else { Lock::Pem }))
        }
        Structure::Sec1 => RecognisedKey::private(EcPrivateKey::from_sec1(der, None).map(PrivateKey::Ec)),
        Structure::Dsa => RecognisedKey::faulty(Half::Private, KeyFault::WrongKind("a DSA key".into())),
        Structure::Certificate => either(foreign::CERTIFICATE_DER, foreign::CERTIFICATE),
        Structure::Request => either(foreign::REQUEST_DER, foreign::REQUEST),
        Structure::Pkcs7 => either(foreign::PKCS7_DER, foreign::PKCS7),
        Structure::Pkcs12 => RecognisedKey::foreign(foreign::PKCS12),
    }
}
