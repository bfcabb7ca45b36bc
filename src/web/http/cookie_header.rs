//! The cookies of a request, read byte for byte.
//!
//! Browsers protect a cookie by the exact bytes of its name: only this host can set a cookie whose name begins with
//! `__Host-`. A server that parses names more leniently loses that protection. If it trims Unicode white space, it
//! reads `\u{2000}__Host-hallpass`, which any sibling host may set, as `__Host-hallpass`. If it decodes `%70`, the same
//! happens. So this module compares names as bytes, and trims only spaces and tabs (RFC 6265 §5.2).

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpMessage as _, HttpRequest};

/// One `name=value` of a `Cookie` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) struct CookiePair<'a> {
    pub name: &'a [u8],
    pub value: &'a [u8],
}

/// The original `Cookie` lines of a request, kept after [`keep_only`] replaced them.
struct ReceivedLines(Vec<HeaderValue>);

impl<'a> CookiePair<'a> {
    /// `None` if there is no name: no `=`, or nothing before it.
    fn parse(text: &'a [u8]) -> Option<Self> {
        let equals = text.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (trim_blanks(&text[..equals]), trim_blanks(&text[equals + 1..]));
        (!name.is_empty()).then_some(Self { name, value })
    }

    pub fn is_named(&self, name: &str) -> bool {
        self.name == name.as_bytes()
    }

    /// The value as text. Bytes that are not UTF-8 are replaced; this server never sets such a value.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.value).into_owned()
    }
}

/// Trims spaces and tabs at both ends, but no other kind of white space.
fn trim_blanks(text: &[u8]) -> &[u8] {
    let is_kept = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let Some(first) = text.iter().position(is_kept) else { return &[] };
    let last = text.iter().rposition(is_kept).unwrap_or(first);
    &text[first..=last]
}

/// The text of a line, if all of it is visible ASCII, spaces and tabs.
fn visible_text(line: &HeaderValue) -> Option<&str> {
    // Without an early exit, so that the compiler can check many bytes at once. A session cookie has a thousand.
    let is_visible = line.as_bytes().iter().fold(true, |all, byte| all & matches!(byte, b'\t' | b' '..=b'~'));
    if is_visible { str::from_utf8(line.as_bytes()).ok() } else { None }
}

/// The pairs of one line, in order.
fn pairs_of_line(line: &[u8]) -> impl Iterator<Item = CookiePair<'_>> {
    line.split(|byte| *byte == b';').filter_map(CookiePair::parse)
}

/// The pairs of all `Cookie` lines, in order.
pub(in crate::web) fn pairs(headers: &HeaderMap) -> impl Iterator<Item = CookiePair<'_>> {
    headers.get_all(header::COOKIE).flat_map(|line| pairs_of_line(line.as_bytes()))
}

/// The value of every cookie with this name, in order.
pub(in crate::web) fn values_named(headers: &HeaderMap, name: &str) -> Vec<String> {
    pairs(headers).filter(|pair| pair.is_named(name)).map(|pair| pair.text()).collect()
}

/// Like [`values_named`], but reads the lines that the client sent, even after [`keep_only`].
pub(in crate::web) fn received_values(request: &HttpRequest, name: &str) -> Vec<String> {
    let extensions = request.extensions();
    match extensions.get::<ReceivedLines>() {
        None => values_named(request.headers(), name),
        Some(ReceivedLines(lines)) => {
            let pairs = lines.iter().flat_map(|line| pairs_of_line(line.as_bytes()));
            pairs.filter(|pair| pair.is_named(name)).map(|pair| pair.text()).collect()
        }
    }
}

/// The value of the one cookie with this name that the client sent. Two count as none: one of them was planted, and
/// nobody knows which.
pub(in crate::web) fn only_value(request: &HttpRequest, name: &str) -> Option<String> {
    let mut values = received_values(request, name);
    if values.len() == 1 { values.pop() } else { None }
}

/// The name of every cookie that arrived with a request, in order. Bytes that are not UTF-8 are replaced.
pub(in crate::web) fn received_names(request: &HttpRequest) -> Vec<String> {
    let name = |pair: CookiePair<'_>| String::from_utf8_lossy(pair.name).into_owned();
    match request.extensions().get::<ReceivedLines>() {
        None => pairs(request.headers()).map(name).collect(),
        Some(ReceivedLines(lines)) => lines.iter().flat_map(|line| pairs_of_line(line.as_bytes())).map(name).collect(),
    }
}

/// Fast path, true for nearly all requests: at most one `Cookie` line, visible ASCII only, no percent-encoded names,
/// and the cookie `name` at most once. Every parser reads such a line the same way.
pub(in crate::web) fn is_plain(headers: &HeaderMap, name: &str) -> bool {
    let mut lines = headers.get_all(header::COOKIE);
    let Some(line) = lines.next() else { return true };
    let (Some(line), None) = (visible_text(line), lines.next()) else { return false };
    let mut own = 0;
    let is_unencoded = |pair: CookiePair<'_>| {
        own += usize::from(pair.is_named(name));
        !pair.name.contains(&b'%')
    };
    line.split(';').map(str::as_bytes).filter_map(CookiePair::parse).all(is_unencoded) && own <= 1
}

/// Removes every cookie except those with exactly this name, so the framework sees no others. The original lines stay
/// available to [`received_values`].
pub(in crate::web) fn keep_only(request: &mut ServiceRequest, name: &str) {
    let received: Vec<HeaderValue> = request.headers().get_all(header::COOKIE).cloned().collect();
    let own: Vec<String> =
        values_named(request.headers(), name).iter().map(|value| format!("{name}={value}")).collect();
    request.extensions_mut().insert(ReceivedLines(received));
    request.headers_mut().remove(header::COOKIE);
    // A value that is not ASCII was not encrypted by this server, so there is no session.
    if let Some(line) = HeaderValue::from_str(&own.join("; ")).ok().filter(|line| !line.is_empty()) {
        request.headers_mut().insert(header::COOKIE, line);
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const NAME: &str = "__Host-hallpass";

    fn headers(lines: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        headers
    }

    #[test]
    fn a_name_is_its_exact_bytes_between_spaces_and_tabs() {
        for line in
            ["__Host-hallpass=x", " \t__Host-hallpass \t=\t x ", "a=b;__Host-hallpass=x;c", "=a; __Host-hallpass=x"]
        {
            assert_eq!(values_named(&headers(&[line.as_bytes()]), NAME), ["x"], "{line:?}");
        }
        for line in [
            "__host-hallpass=x",
            "__Host-hallpas=x",
            "__Host-hallpass",
            "=__Host-hallpass=x",
            "\"__Host-hallpass\"=x",
            "%5F_Host-hallpass=x",
            "__Host-hallpass%00=x",
            "__Host-hallpass%20=x",
            "a=1, __Host-hallpass=x",
            "$Version=1 __Host-hallpass=x",
        ] {
            assert_eq!(values_named(&headers(&[line.as_bytes()]), NAME), Vec::<String>::new(), "{line:?}");
        }
    }

    #[test]
    fn no_character_that_is_called_white_space_elsewhere_is_cut_from_a_name() {
        let others =
            ('\u{80}'..='\u{ffff}').filter(|it| it.is_whitespace()).chain(['\u{feff}', '\u{200b}', '\u{180e}']);
        for blank in others {
            for name in [format!("{blank}{NAME}"), format!("{NAME}{blank}"), format!(" {blank} {NAME}")] {
                let headers = headers(&[format!("{name}=planted; {NAME}=own").as_bytes()]);
                assert_eq!(values_named(&headers, NAME), ["own"], "{blank:?}");
                assert!(!is_plain(&headers, NAME), "{blank:?}");
            }
        }
        // A header cannot carry these, and they would be no part of the name's end either.
        for control in [0x0b, 0x0c, 0x1c, 0x00] {
            let text = [&[control][..], NAME.as_bytes(), b"=x"].concat();
            assert!(pairs_of_line(&text).all(|pair| !pair.is_named(NAME)), "{control:#x}");
        }
    }

    #[test]
    fn bytes_that_are_no_utf_8_elsewhere_do_not_hide_our_cookie() {
        for line in [
            &b"\xff=1; __Host-hallpass=x"[..],
            b"a=\xe9\x80; __Host-hallpass=x",
            b"__Host-hallpass=x; \xa0__Host-hallpass=y",
        ] {
            let headers = headers(&[line]);
            assert_eq!(values_named(&headers, NAME), ["x"]);
            assert!(!is_plain(&headers, NAME));
        }
    }

    #[test]
    fn only_a_line_that_everybody_reads_alike_is_plain() {
        for line in ["", "a=b", "__Host-hallpass=x%2F%3D; a=%41", "lonely; __Host-hallpass=x", "=a; b=\"c; d=e"] {
            assert!(is_plain(&headers(&[line.as_bytes()]), NAME), "{line:?}");
        }
        for lines in [&["a=b", "c=d"][..], &["%5F_Host-hallpass=x"], &["__Host-hallpass=x; __Host-hallpass=y"]] {
            let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
            assert!(!is_plain(&headers(&lines), NAME), "{lines:?}");
        }
    }

    #[test]
    fn the_framework_sees_our_cookie_alone_and_the_others_stay_at_hand() {
        let planted = format!("\u{2000}{NAME}=planted; lab-a=1");
        let request = TestRequest::default()
            .append_header((header::COOKIE, HeaderValue::from_bytes(planted.as_bytes()).unwrap()));
        let mut request = request.append_header((header::COOKIE, format!("{NAME}=own"))).to_srv_request();
        keep_only(&mut request, NAME);
        let lines: Vec<_> = request.headers().get_all(header::COOKIE).collect();
        assert_eq!(lines, ["__Host-hallpass=own"]);
        assert_eq!(received_values(request.request(), NAME), ["own"]);
        assert_eq!(received_values(request.request(), "lab-a"), ["1"]);
        assert_eq!(received_names(request.request()), ["\u{2000}__Host-hallpass", "lab-a", NAME]);
        assert_eq!(only_value(request.request(), NAME).as_deref(), Some("own"));
    }

    #[test]
    fn two_cookies_of_one_name_count_as_none() {
        for (line, value) in [("b=1", None), ("b=1; a=2", Some("2")), ("a=1; b=2; a=2", None), ("a=1; a=1", None)] {
            let request = TestRequest::default().insert_header((header::COOKIE, line)).to_http_request();
            assert_eq!(only_value(&request, "a").as_deref(), value, "{line}");
        }
    }
}
