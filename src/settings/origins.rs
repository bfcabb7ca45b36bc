//! Origins as browsers know them: this site's own, and those of other sites whose scripts it allows.

use url::Url;

/// The origin that browsers use: scheme, host and port, nothing after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    url: Url,
}

impl PublicUrl {
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        // A variable such as `$HOST` is not replaced, and `url` would take it for a name.
        let named =
            url.domain().is_none_or(|name| name.bytes().all(|it| it.is_ascii_alphanumeric() || b"-._".contains(&it)));
        let web = matches!(url.scheme(), "http" | "https") && url.has_host() && named;
        (bare && anonymous && web).then_some(Self { url })
    }

    /// The same with the port that is really bound, if its own is 0.
    #[must_use]
    pub fn bound_to(&self, port: u16) -> Self {
        let mut url = self.url.clone();
        if url.port() == Some(0) {
            // It fails for a URL without a host only.
            let _ = url.set_port(Some(port));
        }
        Self { url }
    }

    /// As browsers write it in `Origin`: no trailing slash, no default port.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Whether it names this very machine.
    pub fn is_local(&self) -> bool {
        matches!(self.url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
    }

    /// The same, or a name that always leads to it (RFC 6761 §6.3).
    pub fn is_on_loopback(&self) -> bool {
        self.is_local() || self.url.domain().is_some_and(|name| name.ends_with(".localhost"))
    }

    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The host without its port; an IPv6 address has its brackets.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The host, and the port when it is not the scheme's own.
    pub fn authority(&self) -> String {
        let host = self.host();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

/// The sites whose scripts may call the token routes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsOrigins {
    Any,
    /// As browsers write them in `Origin`.
    Listed(Vec<String>),
}

impl CorsOrigins {
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        let origins = text.split(',').map(|one| Some(PublicUrl::parse(one.trim())?.origin()));
        origins.collect::<Option<_>>().map(Self::Listed)
    }

    pub fn admit(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(origins) => origins.iter().any(|it| it == origin),
        }
    }
}

impl Default for CorsOrigins {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_0_of_a_public_url_is_the_port_that_is_bound() {
        for (text, origin) in [
            ("http://localhost:0", "http://localhost:40123"),
            ("http://[::1]:0", "http://[::1]:40123"),
            ("http://localhost", "http://localhost"),
            ("https://demo.example:8443", "https://demo.example:8443"),
        ] {
            assert_eq!(PublicUrl::parse(text).unwrap().bound_to(40_123).origin(), origin);
        }
    }

    #[test]
    fn loopback_is_a_loopback_address_or_a_name_that_always_leads_there() {
        for (text, is_on_loopback) in [
            ("http://localhost:5000", true),
            ("http://127.0.0.1", true),
            ("http://[::1]:5000", true),
            ("http://forms.localhost:5000", true),
            ("http://localhost.example", false),
            ("http://xlocalhost", false),
            ("http://192.0.2.7", false),
        ] {
            assert_eq!(PublicUrl::parse(text).unwrap().is_on_loopback(), is_on_loopback, "{text}");
        }
    }

    #[test]
    fn a_public_url_is_an_origin_and_nothing_more() {
        let url = PublicUrl::parse("https://Demo.Example:443/").unwrap();
        assert_eq!((url.origin().as_str(), url.authority().as_str()), ("https://demo.example", "demo.example"));
        for bad in [
            "demo.example",
            "ftp://demo.example",
            "https://demo.example/a",
            "https://a@demo.example",
            "https://demo.example?x",
            "https://$HOST",
            "https://*.example",
        ] {
            assert_eq!(PublicUrl::parse(bad), None, "{bad}");
        }
    }
}
