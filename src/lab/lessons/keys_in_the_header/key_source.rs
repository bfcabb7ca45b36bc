//! Where the naive verifier takes its key from. No file is opened and nothing is fetched: the code knows what each
//! place would return.

use serde_json::Value;
use url::{Host, Url};

use super::{ATTACKER, FOLDER};
use crate::keys::{GivenKey, Verifier};
use crate::lab::lessons::remark::clip;
use crate::lab::naive::Objection;

/// The contents of the file that a `kid` points to, if the forger can know them.
pub(super) fn file_at(kid: &str) -> Result<&'static [u8], Objection> {
    match resolved(kid).as_str() {
        "/dev/null" => Ok(b""),
        FOLDER => Err(Objection::NoKey(format!("it names the folder {FOLDER}, and a folder holds no key"))),
        path => Err(Objection::NoKey(format!("it opens {}, and you do not know what is in that file", clip(path)))),
    }
}

/// Joins the folder and a `kid`. As in most languages, an absolute path replaces the folder.
fn resolved(kid: &str) -> String {
    let joined = if kid.starts_with('/') { kid.to_owned() } else { format!("{FOLDER}/{kid}") };
    let mut names = Vec::new();
    for name in joined.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    format!("/{}", names.join("/"))
}

/// The text that the statement returns, if the `kid` turns it into a `UNION SELECT` of one text.
pub(super) fn row_of(kid: &str) -> Result<String, Objection> {
    let statement = format!("{kid}'");
    let (_, rest) = statement.split_once('\'').unwrap_or_default();
    if rest.is_empty() {
        return Err(Objection::NoKey("the query finds no row: there is no key of that name".to_owned()));
    }
    let selected =
        after(rest, "union").map(|rest| after(rest, "all").unwrap_or(rest)).and_then(|it| after(it, "select"));
    let literal = selected.and_then(|it| it.trim_start().strip_prefix('\'')).and_then(|it| it.split_once('\''));
    let no_key = |says: &str| Err(Objection::NoKey(says.to_owned()));
    match literal {
        Some((text, end)) if ends_statement(end) => Ok(text.to_owned()),
        Some((_, end)) if end.trim() == "'" => {
            no_key("the query is not valid SQL: after your text a quote is left over")
        }
        Some(_) => no_key(SMALL_READER),
        None if selects_a_stored_secret(rest) => {
            no_key("the query finds a secret of the portal's table, and you do not know which one it is")
        }
        None if selected.is_some() || after(rest, "union").is_some() || after(rest, "and").is_some() => {
            no_key(SMALL_READER)
        }
        None => no_key("the query is not valid or finds no row: nothing after your quote selects a text"),
    }
}

/// A database reads much more SQL than the lab.
const SMALL_READER: &str = "the lab reads little SQL: a quote, `UNION SELECT`, and one text between quotes. A database \
                            might take yours";

/// Whether what follows the quote makes the query find a row that is stored: an `OR`, or a `SELECT` from the table.
fn selects_a_stored_secret(rest: &str) -> bool {
    let of_table = rest.to_ascii_lowercase().contains("select secret from keys");
    after(rest, "or").is_some() || of_table
}

/// The text after this SQL keyword, in upper or lower case.
fn after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let text = text.trim_start();
    let (start, rest) = text.split_at_checked(word.len())?;
    let ends = !rest.starts_with(|next: char| next.is_alphanumeric());
    (start.eq_ignore_ascii_case(word) && ends).then_some(rest)
}

fn ends_statement(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || ["--", "#", "/*", ";"].iter().any(|mark| rest.starts_with(mark))
}

/// The key in the header itself.
pub(super) fn enclosed(jwk: &Value) -> Result<Verifier, Objection> {
    let no_key = |why: String| Objection::NoKey(why);
    if !jwk.is_object() {
        return Err(no_key("the `jwk` is not a JSON object, so it is not a key".to_owned()));
    }
    let key =
        GivenKey::from_jwk(jwk.to_string().as_bytes(), "the key in the header").and_then(|key| key.verifier(None));
    key.map_err(|fault| no_key(format!("it cannot use the key in the header: {}", clip(&fault.to_string()))))
}

/// Whether an address is on the attacker's site.
pub(super) fn expect_attackers_site(address: &str) -> Result<(), Objection> {
    let url =
        Url::parse(address).map_err(|_| Objection::NoKey("the value is not the address of a web page".to_owned()))?;
    let is_web = matches!(url.scheme(), "http" | "https");
    match url.host() {
        Some(Host::Domain(host)) if is_web && (host == ATTACKER || host.ends_with(&format!(".{ATTACKER}"))) => Ok(()),
        Some(host) if is_web => {
            Err(Objection::NoKey(format!("it fetches from {}, which is not your site", clip(&host.to_string()))))
        }
        _ => Err(Objection::NoKey("the value is not the address of a web page".to_owned())),
    }
}
