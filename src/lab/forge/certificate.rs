//! Makes and reads a minimal self-signed X.509 certificate (RFC 5280 §4.1). It proves nothing: its own key signed it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::der::Element;
use crate::der::tag::{BIT_STRING, INTEGER, SEQUENCE, UTC_TIME};
use crate::keys::{RsaPublicKey, Signer, SigningError};

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
    let certificate = Element::first(&der).filter(Element::is_whole)?;
    let tbs_certificate = certificate.children().into_iter().next().filter(Element::is_whole)?;
    // The sixth field: these certificates have no version.
    let spki = tbs_certificate.children().into_iter().nth(5).filter(Element::is_whole)?;
    let pem = pem::encode(&pem::Pem::new("PUBLIC KEY", spki.encoded));
    RsaPublicKey::parse(pem.as_bytes()).ok()
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
