//! A request as an attacker sends it, in words and as shell lines. Nothing here sends it.

/// A request as it goes over the wire. In its texts `{cookie}` stands for the visitor's whole session cookie, `{name}`
/// for its name alone and `{token}` for the token.
pub struct SentRequest {
    pub method: &'static str,
    pub path: &'static str,
    pub headers: Vec<(&'static str, &'static str)>,
    pub form: Option<&'static str>,
}

impl SentRequest {
    /// What *Show details* is asked with, without its cookie.
    pub(super) fn bare(path: &'static str, headers: &[(&'static str, &'static str)]) -> Self {
        let accept = ("Accept", "application/json");
        Self { method: "GET", path, headers: headers.iter().copied().chain([accept]).collect(), form: None }
    }

    /// The request's text, with what a person reads for what it stands for.
    pub fn text(&self, host: &str, cookie_name: &str) -> String {
        let shown = |text: &str| {
            let text = text.replace("{cookie}", &format!("{cookie_name}=…")).replace("{name}", cookie_name);
            text.replace("{token}", "eyJ…")
        };
        let mut lines = vec![format!("{} {} HTTP/1.1", self.method, shown(self.path)), format!("Host: {host}")];
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {}", shown(value))));
        if let Some(form) = self.form {
            lines.extend([
                "Content-Type: application/x-www-form-urlencoded".to_owned(),
                String::new(),
                form.to_owned(),
            ]);
        }
        lines.join("\n")
    }

    /// Shell lines that send it to the server at `base` with a session of their own.
    pub fn curl(&self, base: &str, cookie_name: &str) -> String {
        let values = || self.headers.iter().map(|(_, value)| *value).chain([self.path]);
        let needs_token = values().any(|text| text.contains("{token}"));
        let needs_cookie = needs_token || values().any(|text| text.contains("{cookie}"));
        let mut lines = Vec::new();
        if needs_cookie {
            lines.push(format!(
                "COOKIE=$(curl -s -D - -o /dev/null {base}/generate | sed -n 's/^set-cookie: \\([^;]*\\).*/\\1/p')"
            ));
        }
        if needs_token {
            lines.push(format!(
                "TOKEN=$(curl -s -H \"Cookie: $COOKIE\" -H 'Accept: text/html' {base}/ | \
                 sed -n 's/.*class=\"encoded\"><code>\\([^<]*\\).*/\\1/p' | paste -s -d . -)"
            ));
        }
        let filled = |text: &str| {
            let text = text.replace("{cookie}", "$COOKIE").replace("{token}", "$TOKEN");
            text.replace("{name}", cookie_name)
        };
        let headers = self.headers.iter().map(|(name, value)| format!(" -H \"{name}: {}\"", filled(value)));
        let form = self.form.map(|form| format!(" -d '{form}'")).unwrap_or_default();
        lines.push(format!("curl -s{}{form} \"{base}{}\"", headers.collect::<String>(), filled(self.path)));
        lines.join("\n")
    }
}
