//! A key inside something else: a member of JSON, a variable of a `.env`, a line of YAML, a list of bytes.
//!
//! Such a text is refused, and the error says where the key is. It is never read from there, because the text may have
//! several. Without this check, the whole text would be taken for a secret.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::jwk::{half_of_jwk, is_jwk};
use super::{RecognisedKey, encoded, hexadecimal, in_bytes};
use crate::keys::fault::{KeyFault, shell_word};
use crate::keys::foreign::Half;
use crate::keys::{der_structure, pem_blocks, ssh};

/// How long the text of a key is at least, in base64 or hexadecimal.
const SHORTEST_KEY: usize = 64;
/// The base64 of an Ed25519 public key in DER, without padding.
const SHORTEST_WORD: usize = 59;
/// The decimal digits of a modulus of 2048 bits are 617, its hexadecimal ones 512.
const DIGITS_OF_MODULUS: usize = 500;
/// A longer path in JSON is not shown.
const LONGEST_PATH: usize = 120;

/// The JSON that a text is, with a key in a member; the private one of several. `levels` bounds how deep to look.
pub(super) fn in_json(json: &Value, levels: usize, depth: u8) -> Option<RecognisedKey> {
    let mut found: Option<(String, Half)> = None;
    walk(json, "", levels, depth, &mut |path, half| {
        if found.is_none() || half == Half::Private {
            found = Some((path.to_owned(), half));
        }
        half == Half::Private
    });
    found.map(|(path, _)| {
        let path = if path.starts_with('.') { path } else { format!(".{path}") };
        if path.len() > LONGEST_PATH || path.chars().any(|c| !(c.is_ascii_graphic() || c == ' ')) {
            return RecognisedKey::malformed("it is JSON with a key in it; keep the key alone");
        }
        let name = path.strip_prefix('.').filter(|name| !name.contains(['.', '['])).unwrap_or(&path);
        let fault = KeyFault::Repairable {
            what: format!("it is JSON, and its member `{name}` holds a key; take that alone").into(),
            command: format!("jq -r {} FILE", shell_word(&path)).into(),
        };
        RecognisedKey::faulty(Half::Unknown, fault)
    })
}

/// Calls `visit` with the path of each key, until that returns `true`.
fn walk(json: &Value, path: &str, levels: usize, depth: u8, visit: &mut dyn FnMut(&str, Half) -> bool) -> bool {
    if let Some(half) = half_of(json, depth).filter(|_| !path.is_empty()) {
        return visit(path, half);
    }
    let Some(levels) = levels.checked_sub(1) else { return false };
    match json {
        Value::Object(members) => {
            members.iter().any(|(name, value)| walk(value, &member(path, name), levels, depth, visit))
        }
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.any(|(index, value)| walk(value, &format!("{path}[{index}]"), levels, depth, visit))
        }
        _ => false,
    }
}

/// The path to a member, as `jq` reads it.
fn member(path: &str, name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_plain { format!("{path}.{name}") } else { format!("{path}[{}]", Value::from(name)) }
}

/// The half of the key that a value is.
fn half_of(json: &Value, depth: u8) -> Option<Half> {
    match json {
        Value::String(text) => in_bytes(text.as_bytes(), depth + 1).map(|found| found.half),
        Value::Object(members) if is_jwk(members) => Some(half_of_jwk(&json.to_string())),
        Value::Array(items) if items.len() >= SHORTEST_KEY => {
            let byte = |item: &Value| item.as_i64().and_then(byte);
            in_bytes(&items.iter().map(byte).collect::<Option<Vec<u8>>>()?, depth + 1).map(|found| found.half)
        }
        _ => None,
    }
}

/// A text that is no JSON, with a key in it.
pub(super) fn in_text(text: &str, depth: u8) -> Option<RecognisedKey> {
    let with_line_ends = pem_blocks::with_real_line_ends(text);
    let forms = jwk(text).or_else(|| xml(text)).or_else(|| numbers(text)).or_else(|| bytes(text, depth));
    forms.or_else(|| word(&with_line_ends, depth))
}

/// A key that is percent-encoded, as in an address or a form.
pub(super) fn percent_encoded(text: &str, depth: u8) -> Option<RecognisedKey> {
    let decoded = percent_decode_str(text).decode_utf8().ok().filter(|decoded| decoded != text)?;
    // A form writes a blank as `+`.
    let with_blanks = text.replace('+', " ");
    let of_form = percent_decode_str(&with_blanks).decode_utf8().ok()?;
    let found = in_bytes(decoded.as_bytes(), depth + 1).or_else(|| in_bytes(of_form.as_bytes(), depth + 1))?;
    let name = found.name();
    Some(RecognisedKey::malformed(format!("it is {name} that is percent-encoded, as in an address; decode it first")))
}

/// A key in .NET's XML, with other text around it.
fn xml(text: &str) -> Option<RecognisedKey> {
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("\\u003c", "<").replace("\\u003e", ">");
    let has = |names: [&str; 2]| names.iter().all(|name| plain.contains(&format!("<{name}>")));
    (plain.contains("<RSAKeyValue>") || has(["Modulus", "Exponent"])).then(|| {
        RecognisedKey::malformed(
            "it has other text around a key in .NET's XML format; keep the XML alone, from its first `<` to its last `>`",
        )
    })
}

/// A JWK in other notation, or with other text around it.
fn jwk(text: &str) -> Option<RecognisedKey> {
    let plain = text.replace("%22", "\"").replace("%3A", ":").replace("%3a", ":");
    let skipped = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\');
    let names_a_kind = |(at, name): (usize, &str)| {
        let rest = plain[at + name.len()..].trim_start_matches(skipped);
        let kind = rest.strip_prefix([':', '=']).map(|rest| rest.trim_start_matches(skipped));
        let is_word = !plain[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        is_word && kind.is_some_and(|kind| ["RSA", "EC", "OKP", "oct"].iter().any(|it| kind.starts_with(it)))
    };
    if !plain.match_indices("kty").any(names_a_kind) {
        return None;
    }
    let is_yaml = || text.lines().any(|line| line.trim_start().trim_start_matches("- ").starts_with("kty:"));
    Some(RecognisedKey::malformed(if plain != text {
        "it is a JWK that is percent-encoded, as in an address; decode it first"
    } else if text.starts_with(['{', '[']) {
        "it is a JWK, but not in JSON; write each name and each text in double quotes"
    } else if is_yaml() {
        "it is a JWK in YAML; write it as JSON"
    } else {
        "it has other text around a JWK; keep the JSON alone, from its first brace to its last"
    }))
}

/// The numbers of an RSA key, as Java, Python and Go print them.
fn numbers(text: &str) -> Option<RecognisedKey> {
    let is_digit = |c: char| c.is_ascii_hexdigit() || c.is_whitespace() || matches!(c, ':' | '\\');
    let digits = |run: &str| run.chars().filter(char::is_ascii_hexdigit).count();
    let has_modulus = || text.split(|c| !is_digit(c)).any(|run| digits(run) >= DIGITS_OF_MODULUS);
    let has_exponent = || {
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| ["65537", "10001", "0x10001"].contains(&word))
    };
    let found = has_exponent() && has_modulus();
    found.then(|| {
        RecognisedKey::malformed(
            "it is the numbers of an RSA key, as a program prints them; let the program write the key as PEM or as a JWK",
        )
    })
}

/// A key as a list of its bytes: source code, or what `xxd` and `hexdump -C` print.
fn bytes(text: &str, depth: u8) -> Option<RecognisedKey> {
    let dumped = dump(text);
    let swapped = dumped.as_deref().map(swapped);
    let lists = [list(text, "0x"), list(text, "\\x"), numbered(text), dumped, swapped, python(text)];
    let is_key = |bytes: &Vec<u8>| bytes.len() >= SHORTEST_KEY / 2 && in_bytes(bytes, depth + 1).is_some();
    let found = lists.iter().flatten().any(is_key);
    found.then(|| RecognisedKey::malformed("it is a key as a list of its bytes; give the file itself, or its base64"))
}

/// Bytes that each have this prefix.
fn list(text: &str, prefix: &str) -> Option<Vec<u8>> {
    let mut items = text.split(prefix);
    items.next();
    items.map(|item| u8::from_str_radix(item.get(..2)?, 16).ok()).collect()
}

/// Bytes as decimal numbers, as Java and Go print them. The last may be cut, also right after its sign.
fn numbered(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix(['[', '{'])?.trim_end_matches([']', '}', '-']);
    let items = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|item| !item.is_empty());
    items.map(|item| byte(item.parse().ok()?)).collect()
}

/// A byte, with a sign or without.
fn byte(number: i64) -> Option<u8> {
    u8::try_from(if number < 0 { number + 256 } else { number }).ok()
}

/// Lines of an offset, bytes in hexadecimal, and what they are as text.
fn dump(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for line in text.lines() {
        let (offset, rest) = line.trim().split_once([':', ' ']).unwrap_or_default();
        if !(4..=16).contains(&offset.len()) || !offset.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            // The last line of `hexdump` is an offset alone, a cut line none, and a first one may be a heading.
            continue;
        }
        bytes.extend(hexadecimal(&digits_of_dump(rest.trim_start()))?);
    }
    Some(bytes)
}

/// The digits of a line, without what they are as text: that is between bars, or after two blanks. Where it is between
/// bars, the digits are two halves with two blanks between them.
fn digits_of_dump(rest: &str) -> String {
    let is_digits = |at: &usize| rest[..*at].chars().all(|c| c.is_ascii_hexdigit() || c.is_whitespace());
    let barred = rest.find("  |").filter(|at| rest.ends_with('|') && is_digits(at));
    // A row that was cut may have its text alone.
    let barred = if rest.starts_with('|') { Some(0) } else { barred };
    let shown = barred.or_else(|| rest.find("  ")).unwrap_or(rest.len());
    rest[..shown].split_whitespace().collect()
}

/// The bytes of each pair the other way round, as `hexdump` without `-C` prints them.
fn swapped(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(2).flat_map(|pair| pair.iter().rev().copied()).collect()
}

/// Bytes as Python prints them: `b'0\x82\x01'`.
fn python(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix('b')?;
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut rest = text[1..].trim_end_matches(quote);
    let mut bytes = Vec::new();
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != '\\' {
            bytes.push(u8::try_from(c).ok()?);
            continue;
        }
        // An escape that was cut ends what is there.
        let Some(escape) = rest.chars().next() else { break };
        rest = &rest[escape.len_utf8()..];
        bytes.push(match escape {
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'x' => {
                let Some((digits, after)) = rest.split_at_checked(2) else { break };
                rest = after;
                u8::from_str_radix(digits, 16).ok()?
            }
            other => u8::try_from(other).ok()?,
        });
    }
    Some(bytes)
}

/// The base64 or the hexadecimal of a key, whole or cut, as one word among others.
fn word(text: &str, depth: u8) -> Option<RecognisedKey> {
    let mut plain = text.replace("\\/", "/");
    for (encoded, c) in [("%2B", "+"), ("%2b", "+"), ("%2F", "/"), ("%2f", "/")] {
        plain = plain.replace(encoded, c);
    }
    let of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    let words = |line: &str| {
        let mut words = line.split(|c| !of_word(c)).filter(|word| word.len() >= SHORTEST_WORD);
        words.any(|word| is_key(word, depth))
    };
    let line = plain.lines().position(words)?;
    let place = if plain.lines().count() > 1 { format!(" on line {}", line + 1) } else { String::new() };
    Some(RecognisedKey::malformed(format!("it has other text around a key{place}; keep the base64 of the key alone")))
}

fn is_key(word: &str, depth: u8) -> bool {
    let begins_as_key = |word: &str| {
        let decoded = hexadecimal(word).into_iter().chain(pem_blocks::decode_base64(word));
        decoded.into_iter().any(|bytes| der_structure::recognise(&bytes).is_some() || ssh::is_blob(&bytes))
    };
    word.get(..SHORTEST_KEY).is_some_and(begins_as_key) || encoded(word, depth).is_some()
}
