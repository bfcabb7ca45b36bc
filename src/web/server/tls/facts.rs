//! A certificate's validity period, and whether it is self-signed.
//!
//! rustls has already checked that the certificate is well-formed. This parser reads three fields (RFC 5280 §4.1) and
//! returns `None` for anything that it does not understand.

use chrono::{DateTime, NaiveDateTime, Utc};

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub begins: DateTime<Utc>,
    pub ends: DateTime<Utc>,
    /// Issuer and subject are the same.
    pub is_self_signed: bool,
}

impl Facts {
    pub fn of(certificate: &[u8]) -> Option<Self> {
        let mut certificate = Der(certificate).open(SEQUENCE)?;
        let mut fields = certificate.open(SEQUENCE)?;
        if fields.0.first() == Some(&VERSION) {
            fields.open(VERSION)?;
        }
        fields.open(INTEGER)?;
        fields.open(SEQUENCE)?;
        let issuer = fields.open(SEQUENCE)?;
        let mut validity = fields.open(SEQUENCE)?;
        let subject = fields.open(SEQUENCE)?;
        Some(Self { begins: validity.time()?, ends: validity.time()?, is_self_signed: issuer.0 == subject.0 })
    }

    pub fn is_valid_at(&self, now: DateTime<Utc>) -> bool {
        self.begins <= now && now <= self.ends
    }

    /// A clause about the validity that begins with a space, to follow the certificate's name.
    pub fn validity_clause(&self, now: DateTime<Utc>) -> String {
        match () {
            () if now < self.begins => format!(" holds only from {} on", self.begins),
            () if now > self.ends => format!(" expired on {}", self.ends),
            () => format!(" holds until {}", self.ends),
        }
    }
}

/// The DER elements that are not parsed yet.
struct Der<'a>(&'a [u8]);

impl Der<'_> {
    /// The content of the next element, if it has this tag.
    fn open(&mut self, tag: u8) -> Option<Self> {
        let (found, rest) = self.0.split_first()?;
        let (length, rest) = length(rest)?;
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (*found == tag).then_some(Self(content))
    }

    /// Two-digit years mean 1950 to 2049 (RFC 5280 §4.1.2.5.1).
    fn time(&mut self) -> Option<DateTime<Utc>> {
        let tag = *self.0.first()?;
        let text = str::from_utf8(self.open(tag)?.0).ok()?;
        let text = match (tag, text.as_bytes().first()?) {
            (UTC_TIME, b'0'..=b'4') => format!("20{text}"),
            (UTC_TIME, _) => format!("19{text}"),
            (GENERALIZED_TIME, _) => text.to_owned(),
            _ => return None,
        };
        Some(NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok()?.and_utc())
    }
}

/// A DER length (X.690 §8.1.3): one byte, or as many further bytes as the first one says.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let count = match first {
        0..=0x7f => return Some((usize::from(*first), rest)),
        0x81..=0x84 => usize::from(first & 0x7f),
        _ => return None,
    };
    let (digits, rest) = rest.split_at_checked(count)?;
    Some((digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, CertifiedIssuer, KeyPair, date_time_ymd};

    use super::*;

    fn day(text: &str) -> DateTime<Utc> {
        format!("{text}T00:00:00Z").parse().unwrap()
    }

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.not_before = date_time_ymd(2049, 12, 31);
        params.not_after = date_time_ymd(2050, 1, 1);
        params
    }

    #[test]
    fn both_forms_of_a_date_are_read() {
        let own = params("a").self_signed(&KeyPair::generate().unwrap()).unwrap();
        let facts = Facts::of(own.der()).unwrap();
        assert_eq!(facts, Facts { begins: day("2049-12-31"), ends: day("2050-01-01"), is_self_signed: true });
        assert!(
            !facts.is_valid_at(day("2049-12-30"))
                && facts.is_valid_at(day("2050-01-01"))
                && !facts.is_valid_at(day("2050-01-02"))
        );
    }

    #[test]
    fn a_certificate_with_an_issuer_is_not_self_signed() {
        let issuer = CertifiedIssuer::self_signed(params("ca"), KeyPair::generate().unwrap()).unwrap();
        let signed = params("a").signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
        assert!(!Facts::of(signed.der()).unwrap().is_self_signed);
    }

    #[test]
    fn no_part_of_a_certificate_is_taken_for_a_whole() {
        let whole = params("a").self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
        for end in 0..whole.len() {
            assert_eq!(Facts::of(&whole[..end]), None, "{end}");
        }
    }
}
