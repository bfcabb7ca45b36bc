//! The armour around a key: which kind of key a text holds, before anything in it is decoded.

use pem::{EncodeConfig, LineEnding, Pem};

use super::KeyFault;

/// A key file's text without the differences that editors and mail make: CRLF, blanks at line ends, a byte order
/// mark, blank lines around it.
pub(super) fn tidy(bytes: &[u8]) -> Result<String, KeyFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| KeyFault::Unrecognised)?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(KeyFault::Empty);
    }
    Ok(text.lines().map(str::trim).collect::<Vec<_>>().join("\n") + "\n")
}

/// `a public` or `a private` when the text is an asymmetric key in any armour, whole or damaged.
pub(super) fn asymmetric_kind(bytes: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.contains("-----BEGIN ") {
        return Some(if text.contains("PRIVATE KEY-----") { "a private" } else { "a public" });
    }
    is_ssh_line(text).then_some("a public")
}

/// Whether a text is a public key in the one line that OpenSSH writes.
pub(super) fn is_ssh_line(text: &str) -> bool {
    let names = ["ssh-rsa ", "ssh-ed25519 ", "ssh-dss ", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"];
    names.iter().any(|name| text.starts_with(name))
}

/// The first block of a tidied text (RFC 7468).
pub(super) fn first_block(text: &str) -> Result<Pem, KeyFault> {
    if !text.contains("-----BEGIN ") {
        return Err(KeyFault::Unrecognised);
    }
    pem::parse(text).map_err(|_| KeyFault::Truncated)
}

/// Whether a block can be read with a passphrase only: PKCS#8's label, or the header that older tools write.
pub(super) fn is_encrypted(block: &Pem) -> bool {
    block.tag().starts_with("ENCRYPTED") || block.headers().get("Proc-Type").is_some_and(|it| it.contains("ENCRYPTED"))
}

/// Wraps DER in PEM with lines that end as Unix lines do.
pub(super) fn wrap(label: &str, der: impl Into<Vec<u8>>) -> String {
    pem::encode_config(&Pem::new(label, der), EncodeConfig::new().set_line_ending(LineEnding::LF))
}
