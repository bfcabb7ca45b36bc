//! A certificate's validity period, and whether it is self-signed.
//!
//! rustls has already checked that the certificate is well-formed. This parser reads three fields (RFC 5280 §4.1) and
//! returns `None` for anything that it does not understand.

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::der::Element;
use crate::der::tag::{CONTEXT_0, GENERALIZED_TIME, INTEGER, SEQUENCE, UTC_TIME};

/// The order of the fields that are read, after the version.
const FIELDS: [u8; 5] = [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE];

/// The fields that this server reads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CertificateFields {
    pub begins: DateTime<Utc>,
    pub ends: DateTime<Utc>,
    /// Issuer and subject are the same.
    pub is_self_signed: bool,
}

impl CertificateFields {
    pub fn of(certificate: &[u8]) -> Option<Self> {
        let certificate = whole_sequence(Element::first(certificate))?;
        let to_be_signed = whole_sequence(certificate.children().first().copied())?;
        let fields: Vec<_> = to_be_signed.children().into_iter().skip_while(|field| field.tag == CONTEXT_0).collect();
        let fields: &[Element<'_>; 5] = fields.first_chunk()?;
        if fields.map(|field| field.tag) != FIELDS || !fields.iter().all(Element::is_whole) {
            return None;
        }
        let [_serial_number, _algorithm, issuer, validity, subject] = fields;
        let [begins, ends] = *validity.children().first_chunk()?;
        Some(Self { begins: time(begins)?, ends: time(ends)?, is_self_signed: issuer.content == subject.content })
    }

    pub fn is_valid_at(&self, now: DateTime<Utc>) -> bool {
        self.begins <= now && now <= self.ends
    }

    /// A clause about the validity that begins with a space, to follow the certificate's name.
    pub fn validity_clause(&self, now: DateTime<Utc>) -> String {
        if now < self.begins {
            format!(" is valid only from {} on", self.begins)
        } else if now > self.ends {
            format!(" expired on {}", self.ends)
        } else {
            format!(" is valid until {}", self.ends)
        }
    }
}

fn whole_sequence(element: Option<Element<'_>>) -> Option<Element<'_>> {
    element.filter(|element| element.tag == SEQUENCE && element.is_whole())
}

/// Two-digit years mean 1950 to 2049 (RFC 5280 §4.1.2.5.1).
fn time(element: Element<'_>) -> Option<DateTime<Utc>> {
    let text = str::from_utf8(element.content).ok().filter(|_| element.is_whole())?;
    let text = match (element.tag, text.as_bytes().first()?) {
        (UTC_TIME, b'0'..=b'4') => format!("20{text}"),
        (UTC_TIME, _) => format!("19{text}"),
        (GENERALIZED_TIME, _) => text.to_owned(),
        _ => return None,
    };
    Some(NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok()?.and_utc())
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
        let fields = CertificateFields::of(own.der()).unwrap();
        assert_eq!(
            fields,
            CertificateFields { begins: day("2049-12-31"), ends: day("2050-01-01"), is_self_signed: true }
        );
        assert!(
            !fields.is_valid_at(day("2049-12-30"))
                && fields.is_valid_at(day("2050-01-01"))
                && !fields.is_valid_at(day("2050-01-02"))
        );
    }

    #[test]
    fn a_certificate_with_an_issuer_is_not_self_signed() {
        let issuer = CertifiedIssuer::self_signed(params("ca"), KeyPair::generate().unwrap()).unwrap();
        let signed = params("a").signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
        assert!(!CertificateFields::of(signed.der()).unwrap().is_self_signed);
    }

    #[test]
    fn no_part_of_a_certificate_is_taken_for_a_whole() {
        let whole = params("a").self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
        for end in 0..whole.len() {
            assert_eq!(CertificateFields::of(&whole[..end]), None, "{end}");
        }
    }
}
