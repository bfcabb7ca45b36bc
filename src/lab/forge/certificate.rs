//! Makes and reads a minimal self-signed X.509 certificate (RFC 5280 §4.1). It proves nothing: its own key signed it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::keys::{RsaPublicKey, Signer, SigningError};

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const UTC_TIME: u8 = 0x17;

/// `sha256WithRSAEncryption` with its NULL, in DER.
const SHA256_WITH_RSA: [u8; 15] = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b, 5, 0];

/// Makes the certificate, in base64, as `x5c` has it (RFC 7515 §4.1.6).
pub(super) fn self_signed(key: &RsaPublicKey, signer: &Signer) -> Result<String, SigningError> {
    let empty_name = tlv(SEQUENCE, &[]);
    let validity = [tlv(UTC_TIME, b"200101000000Z"), tlv(UTC_TIME, b"491231235959Z")].concat();
    let leading_fields =
        [tlv(INTEGER, &[1]), SHA256_WITH_RSA.to_vec(), empty_name.clone(), tlv(SEQUENCE, &validity), empty_name];
    let tbs_certificate = tlv(SEQUENCE, &[leading_fields.concat(), spki(key)].concat());
    let signature = URL_SAFE_NO_PAD.decode(signer.sign(&tbs_certificate)?).unwrap_or_default();
    let bits = tlv(BIT_STRING, &[&[0], signature.as_slice()].concat());
    Ok(STANDARD.encode(tlv(SEQUENCE, &[tbs_certificate, SHA256_WITH_RSA.to_vec(), bits].concat())))
}

/// The key of a certificate of this form. Does not check the signature.
pub(super) fn key_of(text: &str) -> Option<RsaPublicKey> {
    let der = STANDARD.decode(text).ok()?;
    let whole = children(&der).into_iter().next()?;
    let tbs_certificate = children(content(whole)?).into_iter().next()?;
    // The sixth field: these certificates have no version.
    let spki = children(content(tbs_certificate)?).into_iter().nth(5)?;
    let pem = pem::encode(&pem::Pem::new("PUBLIC KEY", spki));
    RsaPublicKey::parse(pem.as_bytes()).ok()
}

/// The key in PKCS#1 DER: modulus and exponent.
pub(super) fn pkcs1(key: &RsaPublicKey) -> Vec<u8> {
    let number = |bytes: &[u8]| tlv(INTEGER, &[&[0][..usize::from(bytes[0] >= 0x80)], bytes].concat());
    tlv(SEQUENCE, &[number(key.modulus()), number(key.exponent())].concat())
}

fn spki(key: &RsaPublicKey) -> Vec<u8> {
    key.to_pem().and_then(|text| pem::parse(text).ok()).map(pem::Pem::into_contents).unwrap_or_default()
}

/// One element of DER: its tag, its length, its content.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length_bytes = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let mut element = vec![tag];
    match length_bytes {
        [] => element.push(0),
        [short] if *short < 0x80 => element.push(*short),
        length_bytes => {
            element.push(0x80 + u8::try_from(length_bytes.len()).unwrap_or(8));
            element.extend(length_bytes);
        }
    }
    element.extend(content);
    element
}

/// The DER elements in order, up to the first incomplete one.
fn children(mut der: &[u8]) -> Vec<&[u8]> {
    let mut elements = Vec::new();
    while let Some(end) =
        lengths(der).and_then(|(header, content)| header.checked_add(content)).filter(|end| *end <= der.len())
    {
        elements.push(&der[..end]);
        der = &der[end..];
    }
    elements
}

fn content(element: &[u8]) -> Option<&[u8]> {
    element.get(lengths(element)?.0..)
}

/// The lengths of the header and of the content. The header is the tag and the length.
fn lengths(der: &[u8]) -> Option<(usize, usize)> {
    let first = *der.get(1)?;
    let length_bytes = if first < 0x80 { 0 } else { usize::from(first - 0x80) };
    let long = der.get(2..2 + length_bytes).filter(|_| length_bytes <= 4)?;
    let length = long.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    Some((2 + length_bytes, if length_bytes == 0 { usize::from(first) } else { length }))
}
