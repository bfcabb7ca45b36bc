//! The cookie of the laboratory: what the form offers, and the line that sets what was chosen.

const BARE_NAME: &str = "lab-cookie";
pub const PAGE: &str = "/lab/lessons/cookie-laboratory";

/// One choice in a field of the form.
pub struct Choice {
    /// What the form sends.
    pub value: &'static str,
    /// What the page shows.
    pub label: &'static str,
    /// What it adds to the `Set-Cookie` line: a prefix of the name, or a whole attribute.
    adds: &'static str,
}

pub static PREFIXES: [Choice; 3] = [
    Choice { value: "none", label: "no prefix", adds: "" },
    Choice { value: "host", label: "__Host-", adds: "__Host-" },
    Choice { value: "secure", label: "__Secure-", adds: "__Secure-" },
];

pub static SAME_SITES: [Choice; 4] = [
    Choice { value: "absent", label: "absent", adds: "" },
    Choice { value: "strict", label: "Strict", adds: "; SameSite=Strict" },
    Choice { value: "lax", label: "Lax", adds: "; SameSite=Lax" },
    Choice { value: "none", label: "None", adds: "; SameSite=None" },
];

pub static PATHS: [Choice; 3] = [
    Choice { value: "root", label: "Path=/", adds: "; Path=/" },
    Choice {
        value: "here",
        label: "Path=/lab/lessons/cookie-laboratory",
        adds: "; Path=/lab/lessons/cookie-laboratory",
    },
    Choice { value: "elsewhere", label: "Path=/elsewhere", adds: "; Path=/elsewhere" },
];

pub static MAX_AGES: [Choice; 3] = [
    Choice { value: "none", label: "no Max-Age", adds: "" },
    Choice { value: "60", label: "Max-Age=60", adds: "; Max-Age=60" },
    Choice { value: "0", label: "Max-Age=0", adds: "; Max-Age=0" },
];

/// The name's prefix and the attributes of a cookie, as the visitor chose them.
pub struct CookieSettings {
    pub prefix: &'static Choice,
    pub same_site: &'static Choice,
    pub path: &'static Choice,
    pub max_age: &'static Choice,
    pub http_only: bool,
    pub secure: bool,
}

impl CookieSettings {
    /// The settings that the page starts with.
    pub fn initial() -> Self {
        Self {
            prefix: &PREFIXES[0],
            same_site: &SAME_SITES[0],
            path: &PATHS[0],
            max_age: &MAX_AGES[0],
            http_only: false,
            secure: false,
        }
    }

    /// Reads the settings from a form's fields, or returns the name of the first invalid field. A check box that is not
    /// sent is not ticked.
    pub fn read<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Self, &'static str> {
        let choice = |name: &'static str, choices: &'static [Choice]| {
            let value = field(name);
            choices.iter().find(|choice| Some(choice.value) == value).ok_or(name)
        };
        Ok(Self {
            prefix: choice("prefix", &PREFIXES)?,
            same_site: choice("same-site", &SAME_SITES)?,
            path: choice("path", &PATHS)?,
            max_age: choice("max-age", &MAX_AGES)?,
            http_only: field("http-only").is_some(),
            secure: field("secure").is_some(),
        })
    }

    /// The fields with which a form sends these settings.
    pub fn fields(&self) -> Vec<(&'static str, &'static str)> {
        let boxes = [("http-only", self.http_only), ("secure", self.secure)];
        let ticked = boxes.into_iter().filter(|(_, is_ticked)| *is_ticked).map(|(name, _)| (name, "on"));
        let choices = [
            ("prefix", self.prefix.value),
            ("same-site", self.same_site.value),
            ("path", self.path.value),
            ("max-age", self.max_age.value),
        ];
        choices.into_iter().chain(ticked).collect()
    }

    /// The cookie's name, with its prefix.
    pub fn name(&self) -> String {
        format!("{}{BARE_NAME}", self.prefix.adds)
    }

    /// The value of the `Set-Cookie` header that sets this cookie.
    pub fn set_cookie_line(&self, value: &str) -> String {
        let http_only = if self.http_only { "; HttpOnly" } else { "" };
        let secure = if self.secure { "; Secure" } else { "" };
        let (same_site, path, max_age) = (self.same_site.adds, self.path.adds, self.max_age.adds);
        format!("{}={value}{http_only}{secure}{same_site}{path}{max_age}", self.name())
    }
}

/// The `Set-Cookie` lines that delete every cookie that this page may have set.
pub fn deletion_lines() -> Vec<String> {
    let secure = |prefix: &Choice| if prefix.adds.is_empty() { "" } else { "; Secure" };
    let of = |prefix: &'static Choice| {
        PATHS.iter().map(move |path| format!("{}{BARE_NAME}={}{}; Max-Age=0", prefix.adds, path.adds, secure(prefix)))
    };
    PREFIXES.iter().flat_map(of).collect()
}

#[cfg(test)]
impl CookieSettings {
    /// Every cookie that the form can make, but those that differ in `HttpOnly` alone.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for prefix in &PREFIXES {
            for same_site in &SAME_SITES {
                for path in &PATHS {
                    for max_age in &MAX_AGES {
                        for secure in [true, false] {
                            all.push(Self { prefix, same_site, path, max_age, http_only: secure, secure });
                        }
                    }
                }
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_back_from_their_own_fields() {
        for settings in CookieSettings::all() {
            let fields = settings.fields();
            let read =
                CookieSettings::read(|name| fields.iter().find(|(field, _)| *field == name).map(|(_, value)| *value));
            assert_eq!(read.unwrap().set_cookie_line("v"), settings.set_cookie_line("v"));
        }
        assert_eq!(CookieSettings::read(|_| None).err(), Some("prefix"));
    }
}
