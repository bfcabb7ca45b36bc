//! The request's `Accept` header (RFC 9110 §12.5.1), as far as it changes what we send.

use actix_web::http::header::{self, HeaderMap};

/// Whether `Accept` allows JSON and does not allow HTML. The most specific matching range decides, and `q=0` refuses
/// what it names. So `text/html;q=0, */*` does not allow HTML.
pub(in crate::web) fn takes_json_alone(headers: &HeaderMap) -> bool {
    let ranges: Vec<Range> = ranges(headers).collect();
    !takes(&ranges, "text/html") && (takes(&ranges, "application/json") || ranges.iter().any(Range::names_json_kind))
}

/// Whether `Accept` names this media type exactly, not by a wildcard, with a weight above zero.
pub(in crate::web) fn names(headers: &HeaderMap, media_type: &str) -> bool {
    ranges(headers).any(|range| range.is_wanted && range.name == media_type)
}

/// One media range of the header.
struct Range {
    /// In lower case.
    name: String,
    /// Whether its weight is above zero. A weight that cannot be parsed is ignored.
    is_wanted: bool,
}

fn ranges(headers: &HeaderMap) -> impl Iterator<Item = Range> {
    let values = headers.get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(Range::of)
}

impl Range {
    fn of(text: &str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = |part: &str| {
            let (name, value) = part.split_once('=')?;
            let is_weight = name.trim().eq_ignore_ascii_case("q");
            if is_weight { value.trim().parse::<f32>().ok() } else { None }
        };
        Self { name, is_wanted: parts.find_map(weight).is_none_or(|weight| weight > 0.0) }
    }

    /// How specifically it matches a media type: 3 exactly, 2 by `type/*`, 1 by `*/*`, 0 not at all.
    fn matches(&self, media_type: &str) -> u8 {
        let group = media_type.split_once('/').map_or("", |(group, _)| group);
        match self.name.strip_suffix("/*") {
            _ if self.name == media_type => 3,
            Some("*") => 1,
            Some(named) if named == group => 2,
            _ => 0,
        }
    }

    /// Whether it is a media type with the suffix `+json` (RFC 6839 §3.1).
    fn names_json_kind(&self) -> bool {
        self.is_wanted && self.name.starts_with("application/") && self.name.ends_with("+json")
    }
}

fn takes(ranges: &[Range], media_type: &str) -> bool {
    let matching = ranges.iter().filter(|range| range.matches(media_type) > 0);
    matching.max_by_key(|range| (range.matches(media_type), range.is_wanted)).is_some_and(|range| range.is_wanted)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn accepting(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::ACCEPT, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn json_alone_is_taken_where_json_is_named_and_no_range_takes_a_page() {
        for accept in [
            "application/json",
            "APPLICATION/JSON; charset=utf-8",
            "application/json;q=0.1",
            "application/*",
            "application/problem+json",
            "application/vnd.api+json, application/json;q=0.5",
            "application/json, text/html;q=0",
            "application/json, text/html; Q = 0.0 , */*;q=0",
            "application/json, text/plain, image/png",
            "text/html;q=0, */*",
            "text/html;q=0, text/*, application/json",
        ] {
            assert!(takes_json_alone(&accepting(&[accept])), "{accept}");
        }
        for accept in [
            "",
            "*/*",
            "text/html",
            "text/*, application/json",
            "application/json, */*;q=0.1",
            "application/json, text/html;q=0.1",
            "application/json;q=0, text/plain",
            "application/json;q=0",
            "*/*;q=0, application/json, text/html",
            "image/png",
            "application/xhtml+xml",
            "application/json;q=0, application/*;q=0",
        ] {
            assert!(!takes_json_alone(&accepting(&[accept])), "{accept}");
        }
        assert!(!takes_json_alone(&accepting(&[])), "without the header, everything is taken");
        assert!(takes_json_alone(&accepting(&["image/png", "application/json"])));
        assert!(!takes_json_alone(&accepting(&["application/json", "*/*"])), "the lines are one list");
    }

    #[test]
    fn a_media_type_is_named_in_full_and_with_a_weight() {
        let named = |accept: &str| names(&accepting(&[accept]), "application/json");
        assert!(named("text/html;q=0.5, Application/Json") && named("application/json;q=0.1"));
        for accept in ["*/*", "application/*", "application/json;q=0", "application/json; q=0.000", "application/jsonp"]
        {
            assert!(!named(accept), "{accept}");
        }
    }
}
