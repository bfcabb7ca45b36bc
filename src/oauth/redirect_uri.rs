//! Redirect URIs: where a browser is sent after the login, with the code.
//!
//! Whoever chooses the redirect URI gets the code. So a [`RedirectUri`] is created only by [`RedirectRules::accept`],
//! and its text is compared as it is, without normalization (RFC 9700 §4.1.3). A text that a browser could read as
//! another address than these rules do is refused.

use thiserror::Error;
use url::{Url, form_urlencoded};

/// The longest redirect URI in bytes.
const LONGEST: usize = 2048;

/// Schemes that run code or open files, and never lead to a client.
const REFUSED_SCHEMES: [&str; 7] = ["about", "blob", "data", "file", "filesystem", "javascript", "vbscript"];

/// A redirect URI that is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri {
    text: String,
    form_action: String,
}

impl RedirectUri {
    /// As the client sent it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URI with these parameters, behind those of its own query.
    pub fn with<'a>(&self, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let separator = match self.text.split_once('?') {
            _ if query.is_empty() => "",
            None => "?",
            Some((_, "")) => "",
            Some((_, own)) if own.ends_with('&') => "",
            Some(_) => "&",
        };
        format!("{}{separator}{query}", self.text)
    }

    /// The source to name in the `form-action` of the page policy: the origin, or only the scheme where a policy cannot
    /// name the origin.
    pub fn form_action(&self) -> &str {
        &self.form_action
    }
}

/// Which redirect URIs are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedirectRules {
    Listed(RedirectUris),
    /// Every `http` and `https` address of this machine: `127.0.0.1`, `[::1]` or `localhost`, any port, any path.
    Loopback,
    Nothing,
}

impl RedirectRules {
    /// The setting decides, if there is one.
    pub fn new(listed: Option<RedirectUris>, accepts_loopback: bool) -> Self {
        match listed {
            Some(listed) => Self::Listed(listed),
            None if accepts_loopback => Self::Loopback,
            None => Self::Nothing,
        }
    }

    pub fn accept(&self, text: &str) -> Option<RedirectUri> {
        let address = Address::parse(text).ok()?;
        let is_accepted = match self {
            Self::Listed(listed) => listed.contains(text, &address),
            Self::Loopback => matches!(address, Address::Web(web) if web.is_loopback()),
            Self::Nothing => false,
        };
        is_accepted.then(|| RedirectUri { text: text.to_owned(), form_action: address.form_action() })
    }

    /// What to tell the developer of a client whose redirect URI is refused.
    pub fn explanation(&self, refused: &str) -> String {
        let rule = match (self, Address::parse(refused)) {
            (Self::Nothing, _) => "none is accepted; `--redirect-uri` lists those to accept",
            (_, Err(bad)) => return bad.to_string(),
            (Self::Listed(_), Ok(_)) => "it must be one of those that `--redirect-uri` lists, letter by letter",
            (Self::Loopback, Ok(_)) => {
                "only addresses of this machine are accepted (127.0.0.1, [::1] or localhost, any port and path); \
                 `--redirect-uri` lists others"
            }
        };
        rule.to_owned()
    }
}

/// The redirect URIs of the setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUris(Vec<String>);

/// Why a text cannot be listed as a redirect URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadRedirectUri {
    #[error("it is empty or has more than {LONGEST} bytes")]
    Length,
    #[error("it has a character that a URI must encode")]
    Character,
    #[error("it has characters outside of ASCII, which a URI must encode")]
    NotAscii,
    #[error("it has a fragment (#), which a redirect URI must not have")]
    Fragment,
    #[error("it does not begin with a scheme, such as https://app.example/callback")]
    Scheme,
    #[error("a browser must not be sent to this scheme")]
    RefusedScheme,
    #[error("its host must be a name or an address in its plain form, without a user name, and its port a number")]
    Host,
}

impl BadRedirectUri {
    /// The fault of `uri`, with the spelling that is meant where there is one.
    pub fn reason(self, uri: &str) -> String {
        let meant = if self == Self::NotAscii { encoded(uri) } else { None };
        meant.map_or_else(|| self.to_string(), |meant| format!("{self}; {meant}"))
    }
}

/// How to write what is outside of ASCII: a host by IDNA, everything else percent-encoded.
fn encoded(uri: &str) -> Option<String> {
    let (_, after) = uri.split_once("://")?;
    let host = &after[..after.find(['/', '?', ':']).unwrap_or(after.len())];
    if !host.is_ascii() {
        let read = Url::parse(uri).ok()?;
        return Some(format!("write the host as {}", read.host_str()?));
    }
    let stray = uri.chars().find(|c| !c.is_ascii())?.to_string();
    let percent: Vec<String> = stray.bytes().map(|byte| format!("%{byte:02X}")).collect();
    Some(format!("write `{stray}` percent-encoded, as {}", percent.concat()))
}

impl RedirectUris {
    /// From URIs with commas between them. The error says which one is bad.
    pub fn parse(text: &str) -> Result<Self, (String, BadRedirectUri)> {
        let each = text.split(',').map(str::trim).map(|one| match Address::parse(one) {
            Ok(_) => Ok(one.to_owned()),
            Err(bad) => Err((one.to_owned(), bad)),
        });
        each.collect::<Result<_, _>>().map(Self)
    }

    /// Those with an asterisk, which is a character like any other.
    pub fn with_asterisk(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str).filter(|uri| uri.contains('*'))
    }

    /// A loopback address is accepted with any port, because the client learns its port only when it starts (RFC 8252
    /// §7.3). All others are compared letter by letter.
    fn contains(&self, text: &str, address: &Address<'_>) -> bool {
        self.0.iter().any(|listed| listed == text || is_same_but_for_the_port(listed, address))
    }
}

fn is_same_but_for_the_port(listed: &str, requested: &Address<'_>) -> bool {
    match (Address::parse(listed), requested) {
        (Ok(Address::Web(listed)), Address::Web(requested)) => {
            listed.is_loopback() && WebAddress { authority: "", ..listed } == WebAddress { authority: "", ..*requested }
        }
        _ => false,
    }
}

/// A URI of right syntax.
enum Address<'a> {
    Web(WebAddress<'a>),
    /// A scheme that an installed program handles (RFC 8252 §7.1).
    Custom {
        scheme: &'a str,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct WebAddress<'a> {
    scheme: &'a str,
    /// The host with its port.
    authority: &'a str,
    host: &'a str,
    /// The path and the query.
    rest: &'a str,
}

impl<'a> Address<'a> {
    fn parse(text: &'a str) -> Result<Self, BadRedirectUri> {
        match text {
            _ if text.is_empty() || text.len() > LONGEST => return Err(BadRedirectUri::Length),
            _ if text.contains('#') => return Err(BadRedirectUri::Fragment),
            _ if !text.is_ascii() => return Err(BadRedirectUri::NotAscii),
            _ if !text.bytes().all(is_uri_character) => return Err(BadRedirectUri::Character),
            _ => {}
        }
        let (scheme, after) = text.split_once(':').ok_or(BadRedirectUri::Scheme)?;
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => WebAddress::parse(text, scheme, after).map(Self::Web).ok_or(BadRedirectUri::Host),
            lower if REFUSED_SCHEMES.contains(&lower) => Err(BadRedirectUri::RefusedScheme),
            _ if is_scheme(scheme) && Url::parse(text).is_ok() => Ok(Self::Custom { scheme }),
            _ => Err(BadRedirectUri::Scheme),
        }
    }

    fn form_action(&self) -> String {
        match self {
            // The syntax of a policy has no IPv6 addresses, so that a browser would ignore one.
            Self::Web(web) if web.host.starts_with('[') => format!("{}:", web.scheme),
            Self::Web(web) => format!("{}://{}", web.scheme, web.authority),
            Self::Custom { scheme } => format!("{scheme}:"),
        }
    }
}

impl<'a> WebAddress<'a> {
    /// `None` unless the address that browsers read in this text is the one that is written.
    fn parse(text: &str, scheme: &'a str, after: &'a str) -> Option<Self> {
        let after = after.strip_prefix("//").filter(|_| matches!(scheme, "http" | "https"))?;
        let (authority, rest) = after.split_at(after.find(['/', '?']).unwrap_or(after.len()));
        let (host, port) = authority.split_at(host_length(authority));
        let read = Url::parse(text).ok()?;
        let is_plain = is_port_or_none(port) && read.host_str().is_some_and(|read| read.eq_ignore_ascii_case(host));
        is_plain.then_some(Self { scheme, authority, host, rest })
    }

    /// In this spelling alone: a host such as `LOCALHOST` or `127.1` is not accepted.
    fn is_loopback(&self) -> bool {
        matches!(self.host, "127.0.0.1" | "[::1]" | "localhost")
    }
}

/// What RFC 3986 allows in a URI, without the `#` of a fragment.
const fn is_uri_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b'/' | b'?' | b':' | b'@')
        || matches!(byte, b'[' | b']' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}

/// RFC 3986 §3.1.
fn is_scheme(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(is_part)
}

/// The length of the host at the start of an authority: up to the `]` of an IPv6 address, or up to the colon. What is
/// neither gets a length with which the host does not match what browsers read.
fn host_length(authority: &str) -> usize {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    match authority.strip_prefix('[').and_then(|address| address.find(']')) {
        Some(inner) => inner + 2,
        None => authority.find(|c| !is_name(c)).unwrap_or(authority.len()),
    }
}

fn is_port_or_none(text: &str) -> bool {
    let number = text.strip_prefix(':').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    text.is_empty() || number.is_some_and(|digits| !digits.starts_with('0') && digits.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn listed(text: &str) -> RedirectRules {
        RedirectRules::new(Some(RedirectUris::parse(text).unwrap()), true)
    }

    fn accepts(rules: &RedirectRules, text: &str) -> bool {
        rules.accept(text).is_some()
    }

    #[test]
    fn without_a_list_every_address_of_this_machine_is_accepted() {
        for good in [
            "http://127.0.0.1/cb",
            "http://127.0.0.1:3000/callback?a=b",
            "https://localhost:8443",
            "http://localhost/",
            "http://localhost?x",
            "http://[::1]:1/cb/%20/..",
            "http://[::1]",
        ] {
            assert!(accepts(&RedirectRules::Loopback, good), "{good}");
            assert!(!accepts(&RedirectRules::Nothing, good), "{good}");
        }
    }

    /// Long because it is one table of cases.
    #[test]
    fn nothing_else_is_accepted_for_an_address_of_this_machine() {
        for bad in [
            "",
            "https://app.example/cb",
            // The user name looks like the host.
            "http://127.0.0.1@evil.example/",
            "http://127.0.0.1:80@evil.example/",
            "http://localhost:@evil.example/",
            "http://user@localhost/",
            "http://@localhost/",
            "http://:@localhost/",
            // Browsers read a backslash as a slash, and skip tabs and newlines.
            "http://evil.example\\@localhost/",
            "http://localhost\\.evil.example/",
            "http:\\\\localhost/",
            "http://local\thost/",
            "http://localhost/\n",
            "http://localhost/\r\nSet-Cookie: a=b",
            " http://localhost/",
            "http://localhost/ ",
            "http://localhost/\0",
            "http://localhost/\u{e9}",
            // Encoded and other spellings of the host.
            "http://%31%32%37.0.0.1/",
            "http://localhost%2eevil.example/",
            "http://127.1/",
            "http://127.0.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://127.0.0.01/",
            "http://127.0.0.1./",
            "http://localhost./",
            "http://LOCALHOST/",
            "HTTP://localhost/",
            "http://\u{ff4c}ocalhost/",
            "http://127.0.0.2/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://[0:0:0:0:0:0:0:1]/",
            "http://[::0001]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::1%25eth0]/",
            "http://[::1/",
            "http://::1/",
            "http://[::1]evil.example/",
            "http://[::1].evil.example/",
            "http://localhost.evil.example/",
            "http://evil-localhost/",
            // No port, or none that exists.
            "http://localhost:/",
            "http://localhost:0/",
            "http://localhost:080/",
            "http://localhost:65536/",
            "http://localhost:+80/",
            "http://localhost:8o/",
            "http://localhost:80:80/",
            // No host, another scheme, a fragment.
            "http:localhost/",
            "http:/localhost/",
            "http:///localhost/",
            "//localhost/",
            "localhost",
            "ftp://localhost/",
            "app://localhost/",
            "javascript://localhost/%0aalert(1)",
            "http://localhost/#",
            "http://localhost/cb#x",
        ] {
            assert!(!accepts(&RedirectRules::Loopback, bad), "{bad:?}");
        }
        assert!(!accepts(&RedirectRules::Loopback, &format!("http://localhost/{}", "a".repeat(2048))));
    }

    proptest! {
        /// Whatever is accepted, browsers read it as an address of this machine.
        #[test]
        fn no_text_leads_a_browser_away_from_this_machine(
            pieces in prop::collection::vec(prop::sample::select(PIECES), 0..8),
            any in ".{0,4}",
            at in 0_usize..9,
        ) {
            let mut pieces = pieces;
            pieces.insert(at.min(pieces.len()), &any);
            let text = ["http://", ""][at % 2].to_owned() + &pieces.concat();
            if accepts(&RedirectRules::Loopback, &text) {
                let read = Url::parse(&text).unwrap();
                let host = read.host_str().unwrap();
                prop_assert!(matches!(host, "127.0.0.1" | "[::1]" | "localhost"), "{text} leads to {host}");
                prop_assert_eq!((read.username(), read.password(), read.fragment()), ("", None, None));
            }
        }
    }

    const PIECES: &[&str] = &[
        "http://",
        "https://",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "evil.example",
        "@",
        ":",
        ":80",
        "/",
        "//",
        "\\",
        "?",
        "#",
        "%2f",
        "%40",
        ".",
        "\t",
        "\n",
        " ",
        "\u{3002}",
        "a",
    ];

    #[test]
    fn a_listed_uri_is_compared_letter_by_letter() {
        let rules = listed("https://app.example/cb, com.example.app:/oauth,https://b.example/?x=%2f");
        for good in ["https://app.example/cb", "com.example.app:/oauth", "https://b.example/?x=%2f"] {
            assert!(accepts(&rules, good), "{good}");
        }
        for bad in [
            "https://app.example/cb/",
            "https://app.example/cb?",
            "https://app.example/CB",
            "https://app.example:443/cb",
            "https://App.example/cb",
            "http://app.example/cb",
            "https://app.example/cb/../cb",
            "https://app.example/%63b",
            "com.example.app:/oauth2",
            "https://b.example/?x=%2F",
            // The list is all that is accepted.
            "http://127.0.0.1/cb",
        ] {
            assert!(!accepts(&rules, bad), "{bad}");
        }
    }

    #[test]
    fn a_listed_address_of_this_machine_is_accepted_with_any_port() {
        let rules = listed("http://127.0.0.1/cb,http://localhost:3000/cb?a,https://app.example:8443/cb");
        for good in
            ["http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", "http://localhost/cb?a", "http://localhost:1/cb?a"]
        {
            assert!(accepts(&rules, good), "{good}");
        }
        for bad in [
            "https://127.0.0.1/cb",
            "http://127.0.0.1:49152/cb2",
            "http://localhost:49152/cb",
            "http://[::1]/cb",
            "http://127.0.0.1:1@evil.example/cb",
            "http://127.0.0.1:x/cb",
            "https://app.example:8444/cb",
        ] {
            assert!(!accepts(&rules, bad), "{bad}");
        }
    }

    #[test]
    fn what_no_browser_should_be_sent_to_cannot_be_listed() {
        for (bad, why) in [
            ("", BadRedirectUri::Length),
            ("javascript:alert(1)", BadRedirectUri::RefusedScheme),
            ("JavaScript:alert(1)", BadRedirectUri::RefusedScheme),
            ("data:text/html,x", BadRedirectUri::RefusedScheme),
            ("https://app.example/#x", BadRedirectUri::Fragment),
            ("https://app.example/a b", BadRedirectUri::Character),
            ("https://user@app.example/", BadRedirectUri::Host),
            ("https://app.example:x/", BadRedirectUri::Host),
            ("https://;app.example/", BadRedirectUri::Host),
            ("https:app.example", BadRedirectUri::Host),
            ("app.example/cb", BadRedirectUri::Scheme),
            ("1app:/cb", BadRedirectUri::Scheme),
        ] {
            assert_eq!(Address::parse(bad).err(), Some(why), "{bad}");
        }
        let bad = RedirectUris::parse("https://a.example/,x").unwrap_err();
        assert_eq!(bad, ("x".to_owned(), BadRedirectUri::Scheme));
    }

    #[test]
    fn parameters_are_added_behind_those_that_are_there() {
        let with = |text: &str| RedirectRules::Loopback.accept(text).unwrap().with([("code", "a b&c"), ("state", "é")]);
        let added = "code=a+b%26c&state=%C3%A9";
        for (uri, wanted) in [
            ("http://localhost/cb", "http://localhost/cb?"),
            ("http://localhost", "http://localhost?"),
            ("http://localhost/cb?", "http://localhost/cb?"),
            ("http://localhost/cb?a=b%20c", "http://localhost/cb?a=b%20c&"),
            ("http://localhost/cb?a&", "http://localhost/cb?a&"),
        ] {
            assert_eq!(with(uri), format!("{wanted}{added}"));
        }
        assert_eq!(RedirectRules::Loopback.accept("http://localhost/cb").unwrap().with([]), "http://localhost/cb");
    }

    #[test]
    fn a_page_policy_names_the_origin_or_the_scheme() {
        let rules = listed("http://[::1]/cb,com.example.app:/oauth,https://app.example:8443/a;b");
        for (uri, source) in [
            ("http://[::1]:3000/cb", "http:"),
            ("com.example.app:/oauth", "com.example.app:"),
            ("https://app.example:8443/a;b", "https://app.example:8443"),
        ] {
            assert_eq!(rules.accept(uri).unwrap().form_action(), source);
        }
    }
}
