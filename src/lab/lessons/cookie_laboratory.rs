//! The cookie laboratory: choose a cookie's attributes, and see by which rules a browser keeps it or drops it.

use super::press::Press;

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

/// The connection over which the browser loaded the page, as rules about `Secure` see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Https,
    /// Plain http to the browser's own machine.
    HttpOnLoopback,
    Http,
}

/// What the browser does with a cookie that was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It sends the cookie with the next request to this page.
    ComesBack,
    /// It does not accept the cookie.
    Refused,
    /// It deletes the cookie at once.
    Deleted,
    /// It keeps the cookie, but for addresses under another path.
    KeptForOtherPath,
}

impl Outcome {
    pub const ALL: [Self; 4] = [Self::ComesBack, Self::Refused, Self::Deleted, Self::KeptForOtherPath];

    /// What the form sends.
    pub const fn value(self) -> &'static str {
        match self {
            Self::ComesBack => "comes",
            Self::Refused => "refused",
            Self::Deleted => "deleted",
            Self::KeptForOtherPath => "elsewhere",
        }
    }

    /// What the page shows.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ComesBack => "it comes back",
            Self::Refused => "the browser refuses it",
            Self::Deleted => "the browser deletes it at once",
            Self::KeptForOtherPath => "the browser keeps it, but not for this page",
        }
    }

    pub fn find(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.value() == value)
    }
}

/// What a rule does to the cookies that it applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The cookie still comes back.
    None,
    Decides(Outcome),
    /// Some browsers refuse the cookie.
    MayRefuse,
}

/// A rule by which browsers treat cookies.
pub struct Rule {
    applies: fn(&CookieSettings, Transport) -> bool,
    pub effect: Effect,
    pub says: &'static str,
}

pub static RULES: [Rule; 12] = [
    Rule {
        applies: |it, _| it.prefix.value == "host" && !it.secure,
        effect: Effect::Decides(Outcome::Refused),
        says: "`__Host-` without `Secure`: refused. The prefix demands `Secure`.",
    },
    Rule {
        applies: |it, _| it.prefix.value == "host" && it.path.value != "root",
        effect: Effect::Decides(Outcome::Refused),
        says: "`__Host-` with another path than `/`: refused. The prefix demands one cookie for the whole host.",
    },
    Rule {
        applies: |it, _| it.prefix.value == "secure" && !it.secure,
        effect: Effect::Decides(Outcome::Refused),
        says: "`__Secure-` without `Secure`: refused. The prefix demands `Secure`.",
    },
    Rule {
        applies: |it, transport| it.secure && transport == Transport::Http,
        effect: Effect::Decides(Outcome::Refused),
        says: "`Secure` over plain http: refused.",
    },
    Rule {
        applies: |it, _| it.same_site.value == "none" && !it.secure,
        effect: Effect::MayRefuse,
        says: "`SameSite=None` without `Secure`: Chromium refuses it, and other browsers may keep it.",
    },
    Rule {
        applies: |it, transport| it.secure && transport == Transport::HttpOnLoopback,
        effect: Effect::MayRefuse,
        says: "`Secure` over plain http at this machine's own address: Chromium and Firefox keep it, because nobody else \
               can listen there. Safari may refuse it.",
    },
    Rule {
        applies: |it, _| it.max_age.value == "0",
        effect: Effect::Decides(Outcome::Deleted),
        says: "`Max-Age=0`: its time is over, so the browser deletes it. This is how a server removes a cookie.",
    },
    Rule {
        applies: |it, _| it.path.value == "elsewhere",
        effect: Effect::Decides(Outcome::KeptForOtherPath),
        says: "`Path=/elsewhere`: kept, and not sent to this page, because its address is not below that path.",
    },
    Rule {
        applies: |it, _| it.http_only,
        effect: Effect::None,
        says: "`HttpOnly`: no script can read it. The browser sends it as usual.",
    },
    Rule {
        applies: |it, _| it.same_site.value == "strict",
        effect: Effect::None,
        says: "`SameSite=Strict`: a form of this page led here, so it is sent. A link on another site would not bring it.",
    },
    Rule {
        applies: |it, _| it.same_site.value == "absent",
        effect: Effect::None,
        says: "No `SameSite`: Chromium treats it as `Lax`, but sends it with another site's POST that leads the whole \
               tab here, in its first two minutes. Other browsers may always send it.",
    },
    Rule {
        applies: |it, _| it.max_age.value == "none",
        effect: Effect::None,
        says: "No `Max-Age`: kept until the browser is closed.",
    },
];

/// The rules that apply to this cookie, those that decide first.
pub fn rules(settings: &CookieSettings, transport: Transport) -> Vec<&'static Rule> {
    RULES.iter().filter(|rule| (rule.applies)(settings, transport)).collect()
}

/// The outcome that the rules lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RulesOutcome {
    /// The outcome in a browser that does not refuse the cookie where it may.
    pub outcome: Outcome,
    /// Some browsers refuse it.
    pub may_be_refused: bool,
}

/// The first rule that decides is the one that counts: a refused cookie is neither deleted nor kept.
pub fn rules_outcome(settings: &CookieSettings, transport: Transport) -> RulesOutcome {
    let met = rules(settings, transport);
    let decided = met.iter().find_map(|rule| match rule.effect {
        Effect::Decides(outcome) => Some(outcome),
        Effect::None | Effect::MayRefuse => None,
    });
    let may_be_refused = met.iter().any(|rule| rule.effect == Effect::MayRefuse);
    RulesOutcome { outcome: decided.unwrap_or(Outcome::ComesBack), may_be_refused }
}

impl RulesOutcome {
    /// Whether the cookie may have had this outcome, when it came back or did not.
    pub fn allows(self, outcome: Outcome, came_back: bool) -> bool {
        let is_possible = outcome == self.outcome || (outcome == Outcome::Refused && self.may_be_refused);
        if came_back { outcome == Outcome::ComesBack } else { outcome != Outcome::ComesBack && is_possible }
    }

    /// Whether the browser did something that the rules do not say.
    pub fn is_contradicted(self, came_back: bool) -> bool {
        !Outcome::ALL.iter().any(|outcome| self.allows(*outcome, came_back))
            || (came_back && self.outcome != Outcome::ComesBack)
    }
}

/// Which parts of the lesson are done: an outcome that was predicted correctly is a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub comes: bool,
    pub refused: bool,
    /// Accepted, and still not sent to this page.
    pub accepted: bool,
}

impl Parts {
    pub const COUNT: usize = 3;

    /// Reads what [`to_text`](Self::to_text) wrote into a session. Unknown names are ignored.
    pub fn parse(text: &str) -> Self {
        let has = |part: &str| text.split('.').any(|found| found == part);
        Self { comes: has("comes"), refused: has("refused"), accepted: has("accepted") }
    }

    /// The names of the parts that are done, with dots between them.
    pub fn to_text(self) -> String {
        let all = [(self.comes, "comes"), (self.refused, "refused"), (self.accepted, "accepted")];
        let done = all.into_iter().filter(|(is_done, _)| *is_done).map(|(_, name)| name);
        done.collect::<Vec<_>>().join(".")
    }

    /// How many parts are done.
    pub fn done_count(self) -> usize {
        [self.comes, self.refused, self.accepted].into_iter().filter(|is_done| *is_done).count()
    }

    /// Adds the part of an outcome that was predicted correctly.
    #[must_use]
    pub const fn with(self, outcome: Outcome) -> Self {
        match outcome {
            Outcome::ComesBack => Self { comes: true, ..self },
            Outcome::Refused => Self { refused: true, ..self },
            Outcome::Deleted | Outcome::KeptForOtherPath => Self { accepted: true, ..self },
        }
    }

    /// Each part, and whether it is done.
    pub const fn all(self) -> [(bool, &'static str); Self::COUNT] {
        [
            (self.comes, "one that comes back"),
            (self.refused, "one that the browser refuses"),
            (self.accepted, "one that the browser accepts, and that still does not come back to this page"),
        ]
    }

    /// What to do next.
    const fn next(self) -> &'static str {
        match self {
            Self { comes: false, .. } => "Now make a cookie that comes back.",
            Self { refused: false, .. } => "Now make a cookie that the browser refuses.",
            _ => "Now make a cookie that the browser accepts, and that still does not come back to this page.",
        }
    }
}

/// Judges a prediction, and adds its part to those that were done before. `predicted` is `None` if nothing was
/// predicted.
pub fn judge(predicted: Option<Outcome>, came_back: bool, by_the_rules: RulesOutcome, parts: Parts) -> (Parts, Press) {
    let Some(predicted) = predicted else {
        return (
            parts,
            Press::Missing("Nothing was predicted, so nothing counts. Choose what becomes of it.".to_owned()),
        );
    };
    if !by_the_rules.allows(predicted, came_back) {
        return (parts, Press::Wrong(hint(predicted, came_back, by_the_rules).to_owned()));
    }
    let parts = parts.with(predicted);
    let next = match parts.done_count() {
        Parts::COUNT => String::new(),
        _ => format!(" {}", parts.next()),
    };
    let says = format!(
        "Predicted correctly: {}. {} of {} parts done.{next}",
        predicted.label(),
        parts.done_count(),
        Parts::COUNT
    );
    let press = if parts.done_count() == Parts::COUNT { Press::Solved(says) } else { Press::Step(says) };
    (parts, press)
}

/// A hint about a wrong prediction.
const fn hint(predicted: Outcome, came_back: bool, by_the_rules: RulesOutcome) -> &'static str {
    match (predicted, came_back, by_the_rules.outcome) {
        (_, true, _) => "It came back. So no rule refused it, and its path and its time are right.",
        (_, false, Outcome::ComesBack) => {
            "It did not come back, and the rules do not say why. Did your browser lose it in another way? Set it again."
        }
        (Outcome::ComesBack, false, _) => "It did not come back. One of the rules below decided that.",
        (Outcome::Refused, false, _) => "It did not come back, but no rule refuses it. The browser accepted it first.",
        (Outcome::Deleted | Outcome::KeptForOtherPath, false, Outcome::Refused) => {
            "It did not come back, but not for this reason. The browser did not even accept it."
        }
        (Outcome::Deleted, false, _) => "It did not come back, but it was not deleted. Its time is not over.",
        (Outcome::KeptForOtherPath, false, _) => {
            "It did not come back, but not for this reason. Look at how long it may live."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(fields: &[(&str, &'static str)]) -> CookieSettings {
        let plain = CookieSettings::initial().fields();
        let field = |name: &str| {
            let all = fields.iter().chain(&plain);
            all.copied().find(|(field, _)| *field == name).map(|(_, value)| value)
        };
        CookieSettings::read(field).unwrap()
    }

    #[test]
    fn the_rules_decide_what_becomes_of_a_cookie() {
        for (fields, transport, outcome, may_be_refused) in [
            (&[][..], Transport::HttpOnLoopback, Outcome::ComesBack, false),
            (&[("http-only", "on"), ("same-site", "strict")], Transport::Http, Outcome::ComesBack, false),
            (&[("prefix", "host")], Transport::Https, Outcome::Refused, false),
            (&[("prefix", "host"), ("secure", "on")], Transport::Https, Outcome::ComesBack, false),
            (&[("prefix", "host"), ("secure", "on")], Transport::HttpOnLoopback, Outcome::ComesBack, true),
            (&[("prefix", "host"), ("secure", "on"), ("path", "here")], Transport::Https, Outcome::Refused, false),
            (&[("prefix", "host"), ("max-age", "0"), ("path", "elsewhere")], Transport::Https, Outcome::Refused, false),
            (&[("prefix", "secure")], Transport::Https, Outcome::Refused, false),
            (&[("prefix", "secure"), ("secure", "on"), ("path", "here")], Transport::Https, Outcome::ComesBack, false),
            (&[("secure", "on")], Transport::Http, Outcome::Refused, false),
            (&[("same-site", "none")], Transport::Https, Outcome::ComesBack, true),
            (&[("max-age", "0")], Transport::Https, Outcome::Deleted, false),
            (&[("max-age", "0"), ("path", "elsewhere")], Transport::Https, Outcome::Deleted, false),
            (&[("path", "elsewhere")], Transport::Https, Outcome::KeptForOtherPath, false),
            (&[("path", "elsewhere"), ("secure", "on")], Transport::HttpOnLoopback, Outcome::KeptForOtherPath, true),
        ] {
            assert_eq!(
                rules_outcome(&settings(fields), transport),
                RulesOutcome { outcome, may_be_refused },
                "{fields:?} over {transport:?}"
            );
        }
    }

    #[test]
    fn every_rule_is_met_by_some_cookie() {
        for rule in &RULES {
            let transports = [Transport::Https, Transport::HttpOnLoopback, Transport::Http];
            let is_met =
                all_settings().iter().any(|it| transports.iter().any(|transport| (rule.applies)(it, *transport)));
            assert!(is_met, "{}", rule.says);
        }
    }

    fn all_settings() -> Vec<CookieSettings> {
        let mut all = Vec::new();
        for prefix in &PREFIXES {
            for same_site in &SAME_SITES {
                for path in &PATHS {
                    for max_age in &MAX_AGES {
                        for secure in [true, false] {
                            all.push(CookieSettings { prefix, same_site, path, max_age, http_only: secure, secure });
                        }
                    }
                }
            }
        }
        all
    }

    #[test]
    fn a_recipe_is_read_back_from_its_own_fields() {
        for settings in all_settings() {
            let fields = settings.fields();
            let read =
                CookieSettings::read(|name| fields.iter().find(|(field, _)| *field == name).map(|(_, value)| *value));
            assert_eq!(read.unwrap().set_cookie_line("v"), settings.set_cookie_line("v"));
        }
        assert_eq!(CookieSettings::read(|_| None).err(), Some("prefix"));
    }

    #[test]
    fn it_takes_three_fates_each_predicted() {
        let plain = |outcome| RulesOutcome { outcome, may_be_refused: false };
        let (first, press) = judge(Some(Outcome::ComesBack), true, plain(Outcome::ComesBack), Parts::default());
        assert!(press.says().contains("1 of 3 parts done") && !press.is_wrong() && !press.is_solved());
        let (same, press) = judge(Some(Outcome::ComesBack), false, plain(Outcome::Refused), first);
        assert!(press.is_wrong() && same == first);
        let (second, press) =
            judge(Some(Outcome::Refused), false, plain(Outcome::Refused), Parts::parse(&first.to_text()));
        assert!(press.says().contains("2 of 3 parts done"));
        for last in [Outcome::Deleted, Outcome::KeptForOtherPath] {
            let (third, press) = judge(Some(last), false, plain(last), Parts::parse(&second.to_text()));
            assert!(press.is_solved() && press.says().ends_with("3 of 3 parts done.") && third.done_count() == 3);
            assert_eq!(Parts::parse(&third.to_text()), third);
        }
        assert!(judge(None, false, plain(Outcome::Refused), second).1.is_wrong());
    }

    #[test]
    fn a_prediction_counts_only_for_its_own_reason() {
        for may_be_refused in [false, true] {
            for outcome in Outcome::ALL {
                let by_the_rules = RulesOutcome { outcome, may_be_refused };
                for expected in Outcome::ALL {
                    let came = by_the_rules.allows(expected, true);
                    assert_eq!(came, expected == Outcome::ComesBack);
                    let stayed = by_the_rules.allows(expected, false);
                    let is_reason = expected == outcome || (expected == Outcome::Refused && may_be_refused);
                    assert_eq!(stayed, expected != Outcome::ComesBack && is_reason, "{expected:?} of {by_the_rules:?}");
                    for came in [true, false] {
                        let (parts, press) = judge(Some(expected), came, by_the_rules, Parts::default());
                        assert_eq!(
                            parts == Parts::default(),
                            press.is_wrong(),
                            "{expected:?}, {came}, {by_the_rules:?}"
                        );
                    }
                }
            }
        }
        let comes = RulesOutcome { outcome: Outcome::ComesBack, may_be_refused: false };
        assert!(comes.is_contradicted(false) && !comes.is_contradicted(true));
    }
}
