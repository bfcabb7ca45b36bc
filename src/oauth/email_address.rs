//! The email address of a user, who has no more than a name.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The domain of users whose name is no address. It is reserved for tests (RFC 6761 §6.2).
const DOMAIN: &str = "example.test";

/// What stands for itself before the `@`: `atext` of RFC 5322 §3.2.3, except `%`, which begins what is encoded.
const KEPT: &[u8] = b"!#$&'*+-/=?^_`{|}~";

/// Everything else is percent-encoded, which makes it `atext` too. A dot stands between two of them.
const ENCODED: &AsciiSet = &{
    let (mut set, mut place) = (NON_ALPHANUMERIC.remove(b'.'), 0);
    while place < KEPT.len() {
        set = set.remove(KEPT[place]);
        place += 1;
    }
    set
};

/// An address that is valid (`addr-spec` in RFC 5322 §3.4.1), whatever the name is. A name that is an address stays as
/// it is. Every other one comes before `@example.test`, and no two of them become the same address.
pub fn of(name: &str) -> String {
    if is_address(name) { name.to_owned() } else { format!("{}@{DOMAIN}", local_part(name)) }
}

/// Whether it is a `dot-atom` before an `@`, and labels of a domain after it.
fn is_address(name: &str) -> bool {
    let is_atom = |atom: &str| !atom.is_empty() && atom.bytes().all(is_atext);
    let is_label = |label: &str| {
        let is_inside = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        !label.is_empty() && is_inside && !label.starts_with('-') && !label.ends_with('-')
    };
    name.split_once('@').is_some_and(|(local, domain)| local.split('.').all(is_atom) && domain.split('.').all(is_label))
}

fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'%' || KEPT.contains(&byte)
}

/// The name as a `dot-atom`. A dot at either end, or beside another one, is encoded, because no atom is empty.
fn local_part(name: &str) -> String {
    let encoded = utf8_percent_encode(name, ENCODED).to_string();
    let is_fine = encoded.split('.').all(|atom| !atom.is_empty());
    if is_fine { encoded } else { encoded.replace('.', "%2E") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_an_address_is_the_address() {
        for address in ["alice@corp.example", "alice+tag@corp.example", "a.b%c@localhost", "o'neil@a-b.example"] {
            assert_eq!(of(address), address);
        }
    }

    #[test]
    fn every_other_name_comes_before_a_domain_for_tests_as_a_valid_address() {
        for (name, address) in [
            ("alice", "alice@example.test"),
            ("alice.b_c-d", "alice.b_c-d@example.test"),
            ("alice smith", "alice%20smith@example.test"),
            ("a b@corp.example", "a%20b%40corp.example@example.test"),
            ("a@b@corp.example", "a%40b%40corp.example@example.test"),
            ("alice@", "alice%40@example.test"),
            ("@corp", "%40corp@example.test"),
            ("alice@-corp.example", "alice%40-corp.example@example.test"),
            ("alice@corp..example", "alice%40corp%2E%2Eexample@example.test"),
            (".alice.", "%2Ealice%2E@example.test"),
            ("a\"b\\c", "a%22b%5Cc@example.test"),
            ("100%", "100%25@example.test"),
            ("\u{e9}va", "%C3%A9va@example.test"),
            ("a\nb", "a%0Ab@example.test"),
        ] {
            assert_eq!(of(name), address);
            assert!(is_address(&of(name)), "{name:?}");
        }
    }
}
