//! The key and the certificates of TLS: read in every form in which keys are read here, and handed on as DER.
//!
//! What the TLS library says of a bad file repeats the file's bytes, so no such file reaches it.

use super::der_structure::{self, Structure};
use super::foreign::{JWK_PRIVATE, PKCS7, PKCS7_DER, PKCS12};
use super::recognise::{self, Key, recognise};
use super::{KeyFault, PrivateKey, charset, pem_blocks};

/// The private key of TLS, in PKCS#8, PKCS#1 or SEC1. TLS may also use kinds of keys that sign no tokens here.
pub fn tls_key(bytes: &[u8]) -> Result<Vec<u8>, KeyFault> {
    let found = recognise(bytes).ok_or_else(|| recognise::no_key_in(bytes))?;
    match (found.private_der, found.key) {
        (Some(der), _) => Ok(der),
        (None, Ok(Key::Private(key))) => key.to_pkcs8().ok_or(KeyFault::Unsound),
        (None, Ok(Key::Public(_))) => Err(KeyFault::PublicForPrivate),
        (None, Ok(Key::Jwk(text))) => Err(recognise::unread_jwk(&text, JWK_PRIVATE)),
        (None, Err(fault)) => Err(fault),
    }
}

/// The certificates of a file in their order, each as DER. Everything else in the file is left out.
pub fn tls_certificates(bytes: &[u8]) -> Result<Vec<Vec<u8>>, KeyFault> {
    if let Some(structure) = der_structure::recognise(bytes) {
        return of_der(structure, bytes.to_vec(), true);
    }
    let text = charset::text(bytes);
    let text = charset::trimmed(&text);
    let text = charset::unquoted(text).unwrap_or_else(|| text.to_owned());
    let text = pem_blocks::with_real_line_ends(&text);
    match pem_blocks::read(&text) {
        Some(read) => of_blocks(&read.blocks?),
        None => of_base64(&text),
    }
}

fn of_blocks(blocks: &[pem_blocks::Block<'_>]) -> Result<Vec<Vec<u8>>, KeyFault> {
    let mut certificates = Vec::new();
    for block in blocks {
        match block.label {
            "CERTIFICATE" | "X509 CERTIFICATE" => certificates.push(block.contents()?),
            "PKCS7" | "CMS" => return Err(KeyFault::Foreign(PKCS7)),
            _ => {}
        }
    }
    if certificates.is_empty() { Err(KeyFault::Unrecognised) } else { Ok(certificates) }
}

fn of_base64(text: &str) -> Result<Vec<Vec<u8>>, KeyFault> {
    let decoded = pem_blocks::decode_base64(text);
    match decoded.and_then(|der| Some((der_structure::recognise(&der)?, der))) {
        Some((structure, der)) => of_der(structure, der, false),
        None => Err(KeyFault::Unrecognised),
    }
}

fn of_der(structure: Structure, der: Vec<u8>, is_bare: bool) -> Result<Vec<Vec<u8>>, KeyFault> {
    match structure {
        Structure::Certificate => Ok(vec![der]),
        Structure::Pkcs7 if is_bare => Err(KeyFault::Foreign(PKCS7_DER)),
        Structure::Pkcs7 => Err(KeyFault::Foreign(PKCS7)),
        Structure::Pkcs12 => Err(KeyFault::Foreign(PKCS12)),
        _ => Err(KeyFault::Unrecognised),
    }
}

impl PrivateKey {
    /// PKCS#8 (RFC 5958). `None` if the library does not give it.
    fn to_pkcs8(&self) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(key) => key.to_pkcs8(),
            Self::Ec(key) => key.to_pkcs8(),
            Self::Ed25519(key) => key.to_pkcs8(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeyKind;

    fn pem() -> String {
        PrivateKey::generate_pem(KeyKind::Ed25519).unwrap()
    }

    #[test]
    fn a_key_is_read_however_its_line_ends_are_written() {
        let pem = pem();
        let der = tls_key(pem.as_bytes()).unwrap();
        for text in [
            pem.replace('\n', "\\n"),
            pem.replace('\n', ""),
            pem.replace('\n', " "),
            pem.replace('\n', "\r\n"),
            format!("\u{feff}{pem}"),
            format!("\"{}\"", pem.replace('\n', "\\n")),
            format!("    {}", pem.replace('\n', "\n    ")),
        ] {
            assert_eq!(tls_key(text.as_bytes()).ok().as_ref(), Some(&der), "{text}");
        }
        let utf16: Vec<u8> = pem.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(tls_key(&utf16).ok(), Some(der.clone()));
        assert_eq!(tls_key(&der).ok(), Some(der));
    }

    #[test]
    fn no_fault_repeats_what_is_in_the_file() {
        let pem = pem();
        let body = pem.lines().nth(1).unwrap();
        let texts = [
            pem.replacen("-----\n", "\n", 1),
            pem.replacen("-----\n", " ", 1),
            pem.replace("-----END PRIVATE KEY-----", ""),
            pem.replace("-----BEGIN PRIVATE KEY-----", ""),
            pem.replace("-----", ""),
            pem.replace("-----END", "-----BEGIN"),
            pem.replace('M', "*"),
        ];
        for text in texts {
            for fault in [tls_key(text.as_bytes()).err(), tls_certificates(text.as_bytes()).err()] {
                let told = fault.map(|fault| fault.to_string()).unwrap_or_default();
                assert!(!body.as_bytes().windows(8).any(|part| told.contains(str::from_utf8(part).unwrap())), "{told}");
                let bytes: Vec<String> = body.bytes().take(4).map(|byte| byte.to_string()).collect();
                assert!(!told.contains(&bytes.join(", ")), "{told}");
            }
        }
    }
}
