//! What lessons and attacks cite: every section exists, and a weakness that is cited twice has one date.

use std::collections::{BTreeMap, BTreeSet};

use hallpass::lab::attacks::Attack;
use hallpass::lab::lessons::LESSONS;

/// The sections that are cited, each with its title in its document's table of contents.
const SECTIONS: &[(&str, &str)] = &[
    ("RFC 4648 §3.5", "Canonical Encoding"),
    ("RFC 6265 §3", "Overview"),
    ("RFC 6265 §4.1", "Set-Cookie"),
    ("RFC 6265 §5.2.2", "The Max-Age Attribute"),
    ("RFC 6265 §5.2.6", "The HttpOnly Attribute"),
    ("RFC 6265 §5.4", "The Cookie Header"),
    ("RFC 6265 §6.1", "Limits"),
    ("RFC 6265 §8.2", "Ambient Authority"),
    ("RFC 6265bis §4.1.2.6", "The HttpOnly Attribute"),
    ("RFC 6265bis §4.1.2.7", "The SameSite Attribute"),
    ("RFC 6265bis §4.1.3", "Cookie Name Prefixes"),
    ("RFC 6265bis §5.1.4", "Paths and Path-Match"),
    ("RFC 6265bis §5.2", "\"Same-site\" and \"cross-site\" Requests"),
    ("RFC 6265bis §5.4", "Cookie Name Prefixes"),
    ("RFC 6265bis §5.6", "The Set-Cookie Header Field"),
    ("RFC 6265bis §5.6.7", "The SameSite Attribute"),
    ("RFC 6265bis §5.7", "Storage Model"),
    ("RFC 6265bis §8.4", "Session Identifiers"),
    ("RFC 6265bis §8.5", "Weak Confidentiality"),
    ("RFC 6265bis §8.6", "Weak Integrity"),
    ("RFC 6265bis §8.8", "SameSite Cookies"),
    ("RFC 6454 §7", "The HTTP Origin Header Field"),
    ("RFC 6749 §1.5", "Refresh Token"),
    ("RFC 6749 §4.1", "Authorization Code Grant"),
    ("RFC 6749 §6", "Refreshing an Access Token"),
    ("RFC 6749 §10.4", "Refresh Tokens"),
    ("RFC 6749 §10.12", "Cross-Site Request Forgery"),
    ("RFC 6750 §2.3", "URI Query Parameter"),
    ("RFC 6750 §5.3", "Summary of Recommendations"),
    ("RFC 7009 §2", "Token Revocation"),
    ("RFC 7515 §2", "Terminology"),
    ("RFC 7515 §3", "JSON Web Signature (JWS) Overview"),
    ("RFC 7515 §4", "JOSE Header"),
    ("RFC 7515 §4.1.1", "\"alg\" (Algorithm) Header Parameter"),
    ("RFC 7515 §4.1.2", "\"jku\" (JWK Set URL) Header Parameter"),
    ("RFC 7515 §4.1.3", "\"jwk\" (JSON Web Key) Header Parameter"),
    ("RFC 7515 §4.1.4", "\"kid\" (Key ID) Header Parameter"),
    ("RFC 7515 §4.1.5", "\"x5u\" (X.509 URL) Header Parameter"),
    ("RFC 7515 §4.1.6", "\"x5c\" (X.509 Certificate Chain) Header Parameter"),
    ("RFC 7515 §4.1.11", "\"crit\" (Critical) Header Parameter"),
    ("RFC 7515 §5.2", "Message Signature or MAC Validation"),
    ("RFC 7515 §7.1", "JWS Compact Serialization"),
    ("RFC 7515 §10.5", "Differences between Digital Signatures and MACs"),
    ("RFC 7515 §10.7", "Algorithm Protection"),
    ("RFC 7517 §4.5", "\"kid\" (Key ID) Parameter"),
    ("RFC 7517 §5", "JWK Set Format"),
    ("RFC 7518 §3.2", "HMAC with SHA-2 Functions"),
    ("RFC 7518 §3.3", "Digital Signature with RSASSA-PKCS1-v1_5"),
    ("RFC 7518 §3.6", "Using the Algorithm \"none\""),
    ("RFC 7519 §1", "Introduction"),
    ("RFC 7519 §2", "Terminology"),
    ("RFC 7519 §4", "JWT Claims"),
    ("RFC 7519 §4.1", "Registered Claim Names"),
    ("RFC 7519 §4.1.1", "\"iss\" (Issuer) Claim"),
    ("RFC 7519 §4.1.2", "\"sub\" (Subject) Claim"),
    ("RFC 7519 §4.1.3", "\"aud\" (Audience) Claim"),
    ("RFC 7519 §4.1.4", "\"exp\" (Expiration Time) Claim"),
    ("RFC 7519 §4.1.5", "\"nbf\" (Not Before) Claim"),
    ("RFC 7519 §4.1.7", "\"jti\" (JWT ID) Claim"),
    ("RFC 7519 §4.3", "Private Claim Names"),
    ("RFC 7519 §7.2", "Validating a JWT"),
    ("RFC 7519 §11.1", "Trust Decisions"),
    ("RFC 7522 §1", "Introduction"),
    ("RFC 7636 §4.6", "Server Verifies code_verifier before Returning the Tokens"),
    ("RFC 7662 §1", "Introduction"),
    ("RFC 8017 §8.2", "RSASSA-PKCS1-v1_5"),
    ("RFC 8017 §9.2", "EMSA-PKCS1-v1_5"),
    ("RFC 8259 §9", "Parsers"),
    ("RFC 8725 §2.1", "Weak Signatures and Insufficient Signature Validation"),
    ("RFC 8725 §2.2", "Weak Symmetric Keys"),
    ("RFC 8725 §2.9", "Indirect Attacks on the Server"),
    ("RFC 8725 §3.1", "Perform Algorithm Verification"),
    ("RFC 8725 §3.3", "Validate All Cryptographic Operations"),
    ("RFC 8725 §3.4", "Validate Cryptographic Inputs"),
    ("RFC 8725 §3.5", "Ensure Cryptographic Keys Have Sufficient Entropy"),
    ("RFC 8725 §3.8", "Validate Issuer and Subject"),
    ("RFC 8725 §3.9", "Use and Validate Audience"),
    ("RFC 8725 §3.10", "Do Not Trust Received Claims"),
    ("RFC 8725 §3.11", "Use Explicit Typing"),
    ("RFC 8725 §3.12", "Use Mutually Exclusive Validation Rules for Different Kinds of JWTs"),
    ("RFC 9068 §4", "Validating JWT Access Tokens"),
    ("RFC 9207 §2", "Response Parameter iss"),
    ("RFC 9449 §4.2", "DPoP Proof JWT Syntax"),
    ("RFC 9449 §4.3", "Checking DPoP Proofs"),
    ("RFC 9449 §6.1", "JWK Thumbprint Confirmation Method"),
    ("RFC 9449 §7.1", "The DPoP Authentication Scheme"),
    ("RFC 9449 §11.1", "DPoP Proof Replay"),
    ("RFC 9449 §11.2", "DPoP Proof Pre-generation"),
    ("RFC 9449 §11.4", "Untrusted Code in the Client Context"),
    ("RFC 9700 §2.1.1", "Authorization Code Grant"),
    ("RFC 9700 §2.2.2", "Refresh Tokens"),
    ("RFC 9700 §4.1", "Insufficient Redirection URI Validation"),
    ("RFC 9700 §4.4", "Mix-Up Attacks"),
    ("RFC 9700 §4.14", "Refresh Token Protection"),
    ("RFC 9700 §4.14.2", "Recommendations"),
];

#[test]
fn every_cited_section_exists_and_no_other_is_in_the_table() {
    let lessons = LESSONS.iter().flat_map(|lesson| lesson.rfcs.iter().copied());
    let cited: BTreeSet<&str> = lessons.chain(Attack::all().map(|attack| attack.rfc)).collect();
    let known: BTreeSet<&str> = SECTIONS.iter().map(|(section, _)| *section).collect();
    assert_eq!(cited.difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new(), "cited, and not in the table");
    assert_eq!(known.difference(&cited).collect::<Vec<_>>(), Vec::<&&str>::new(), "in the table, and not cited");
    assert!(SECTIONS.iter().all(|(_, title)| !title.is_empty()));
}

#[test]
fn a_weakness_that_is_cited_twice_has_one_date() {
    let mut dates: BTreeMap<&str, &str> = BTreeMap::new();
    let of_lessons = LESSONS.iter().flat_map(|lesson| &lesson.cves);
    for cve in of_lessons.chain(Attack::all().flat_map(|attack| &attack.cves)) {
        let year = cve.id.strip_prefix("CVE-").and_then(|rest| rest.split_once('-')).map(|(year, _)| year);
        assert!(year.is_some_and(|year| year.len() == 4), "{}", cve.id);
        let first = dates.entry(cve.id).or_insert(&cve.published);
        assert_eq!(*first, cve.published, "{}", cve.id);
    }
    assert!(dates.len() > 30, "{}", dates.len());
}
