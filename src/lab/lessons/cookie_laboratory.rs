//! The cookie laboratory: choose a cookie's attributes, and see by which rules a browser keeps it or drops it.

use super::press::Press;

const BARE_NAME: &str = "lab-cookie";
pub const PAGE: &str = "/lab/lessons/cookie-laboratory";

/// One way to fill a field.
pub struct Pick {
    pub value: &'static str,
    pub says: &'static str,
    /// What it adds to the line: a prefix of the name, or a whole attribute.
    text: &'static str,
}

pub static PREFIXES: [Pick; 3] = [
    Pick { value: "none", says: "no prefix", text: "" },
    Pick { value: "host", says: "__Host-", text: "__Host-" },
    Pick { value: "secure", says: "__Secure-", text: "__Secure-" },
];

pub static SAME_SITES: [Pick; 4] = [
    Pick { value: "absent", says: "absent", text: "" },
    Pick { value: "strict", says: "Strict", text: "; SameSite=Strict" },
    Pick { value: "lax", says: "Lax", text: "; SameSite=Lax" },
    Pick { value: "none", says: "None", text: "; SameSite=None" },
];

pub static PATHS: [Pick; 3] = [
    Pick { value: "root", says: "Path=/", text: "; Path=/" },
    Pick { value: "here", says: "Path=/lab/lessons/cookie-laboratory", text: "; Path=/lab/lessons/cookie-laboratory" },
    Pick { value: "elsewhere", says: "Path=/elsewhere", text: "; Path=/elsewhere" },
];

pub static MAX_AGES: [Pick; 3] = [
    Pick { value: "none", says: "no Max-Age", text: "" },
    Pick { value: "60", says: "Max-Age=60", text: "; Max-Age=60" },
    Pick { value: "0", says: "Max-Age=0", text: "; Max-Age=0" },
];

/// A cookie as it was chosen.
pub struct Recipe {
    pub prefix: &'static Pick,
    pub same_site: &'static Pick,
    pub path: &'static Pick,
    pub max_age: &'static Pick,
    pub http_only: bool,
    pub secure: bool,
}

impl Recipe {
    /// The recipe that the page starts with.
    pub fn plain() -> Self {
        Self {
            prefix: &PREFIXES[0],
            same_site: &SAME_SITES[0],
            path: &PATHS[0],
            max_age: &MAX_AGES[0],
            http_only: false,
            secure: false,
        }
    }

    /// Reads the recipe from a form's fields, or returns the name of the first invalid field. A check box that is not
    /// sent is not ticked.
    pub fn read<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Self, &'static str> {
        let pick = |name: &'static str, picks: &'static [Pick]| {
            let value = field(name);
            picks.iter().find(|pick| Some(pick.value) == value).ok_or(name)
        };
        Ok(Self {
            prefix: pick("prefix", &PREFIXES)?,
            same_site: pick("same-site", &SAME_SITES)?,
            path: pick("path", &PATHS)?,
            max_age: pick("max-age", &MAX_AGES)?,
            http_only: field("http-only").is_some(),
            secure: field("secure").is_some(),
        })
    }

    /// The fields with which a form sends this recipe.
    pub fn fields(&self) -> Vec<(&'static str, &'static str)> {
        let boxes = [("http-only", self.http_only), ("secure", self.secure)];
        let ticked = boxes.into_iter().filter(|(_, is_ticked)| *is_ticked).map(|(name, _)| (name, "on"));
        let picks = [
            ("prefix", self.prefix.value),
            ("same-site", self.same_site.value),
            ("path", self.path.value),
            ("max-age", self.max_age.value),
        ];
        picks.into_iter().chain(ticked).collect()
    }

    pub fn name(&self) -> String {
        format!("{}{BARE_NAME}", self.prefix.text)
    }

    pub fn line(&self, value: &str) -> String {
        let http_only = if self.http_only { "; HttpOnly" } else { "" };
        let secure = if self.secure { "; Secure" } else { "" };
        let (same_site, path, max_age) = (self.same_site.text, self.path.text, self.max_age.text);
        format!("{}={value}{http_only}{secure}{same_site}{path}{max_age}", self.name())
    }
}

/// The lines that delete every cookie that this page may have set.
pub fn removals() -> Vec<String> {
    let secure = |prefix: &Pick| if prefix.text.is_empty() { "" } else { "; Secure" };
    let of = |prefix: &'static Pick| {
        PATHS.iter().map(move |path| format!("{}{BARE_NAME}={}{}; Max-Age=0", prefix.text, path.text, secure(prefix)))
    };
    PREFIXES.iter().flat_map(of).collect()
}

/// How the page came to the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    Https,
    /// Plain http that never leaves the machine.
    Loopback,
    Http,
}

/// What becomes of a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It comes with the next request to this page.
    Comes,
    /// The browser refuses it.
    Refused,
    /// The browser deletes it at once.
    Deleted,
    /// The browser keeps it for other addresses.
    Elsewhere,
}

impl Fate {
    pub const ALL: [Self; 4] = [Self::Comes, Self::Refused, Self::Deleted, Self::Elsewhere];

    pub const fn value(self) -> &'static str {
        match self {
            Self::Comes => "comes",
            Self::Refused => "refused",
            Self::Deleted => "deleted",
            Self::Elsewhere => "elsewhere",
        }
    }

    pub const fn says(self) -> &'static str {
        match self {
            Self::Comes => "it comes back",
            Self::Refused => "the browser refuses it",
            Self::Deleted => "the browser deletes it at once",
            Self::Elsewhere => "the browser keeps it, but not for this page",
        }
    }

    pub fn find(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.value() == value)
    }
}

/// What a rule does to the cookies that meet it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It does not keep the cookie from coming back.
    None,
    Decides(Fate),
    /// Some browsers refuse the cookie.
    MayRefuse,
}

/// One thing that browsers do.
pub struct Rule {
    applies: fn(&Recipe, Wire) -> bool,
    pub effect: Effect,
    pub says: &'static str,
}

pub static RULES: [Rule; 12] = [
    Rule {
        applies: |it, _| it.prefix.value == "host" && !it.secure,
        effect: Effect::Decides(Fate::Refused),
        says: "`__Host-` without `Secure`: refused. The prefix demands `Secure`.",
    },
    Rule {
        applies: |it, _| it.prefix.value == "host" && it.path.value != "root",
        effect: Effect::Decides(Fate::Refused),
        says: "`__Host-` with another path than `/`: refused. The prefix demands one cookie for the whole host.",
    },
    Rule {
        applies: |it, _| it.prefix.value == "secure" && !it.secure,
        effect: Effect::Decides(Fate::Refused),
        says: "`__Secure-` without `Secure`: refused. The prefix demands `Secure`.",
    },
    Rule {
        applies: |it, wire| it.secure && wire == Wire::Http,
        effect: Effect::Decides(Fate::Refused),
        says: "`Secure` over plain http: refused.",
    },
    Rule {
        applies: |it, _| it.same_site.value == "none" && !it.secure,
        effect: Effect::MayRefuse,
        says: "`SameSite=None` without `Secure`: Chromium refuses it. Not every browser does.",
    },
    Rule {
        applies: |it, wire| it.secure && wire == Wire::Loopback,
        effect: Effect::MayRefuse,
        says: "`Secure` over plain http at this machine's own address: Chromium and Firefox keep it, because nobody else \
               can listen there. Safari may refuse it.",
    },
    Rule {
        applies: |it, _| it.max_age.value == "0",
        effect: Effect::Decides(Fate::Deleted),
        says: "`Max-Age=0`: its time is over, so the browser deletes it. This is how a server removes a cookie.",
    },
    Rule {
        applies: |it, _| it.path.value == "elsewhere",
        effect: Effect::Decides(Fate::Elsewhere),
        says: "`Path=/elsewhere`: kept, and not sent to this page, because its address does not begin with that path.",
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
        says: "No `SameSite`: Chromium treats it as `Lax`, but sends it with a POST of another site in its first two \
               minutes. Other browsers may always send it.",
    },
    Rule {
        applies: |it, _| it.max_age.value == "none",
        effect: Effect::None,
        says: "No `Max-Age`: kept until the browser is closed.",
    },
];

/// The rules that apply to this cookie, those that decide first.
pub fn rules(recipe: &Recipe, wire: Wire) -> Vec<&'static Rule> {
    RULES.iter().filter(|rule| (rule.applies)(recipe, wire)).collect()
}

/// What the rules say of a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// What becomes of it in a browser that does not refuse it where it may.
    pub fate: Fate,
    /// Some browsers refuse it.
    pub may_be_refused: bool,
}

/// The first rule that decides is the one that counts: a refused cookie is neither deleted nor kept.
pub fn forecast(recipe: &Recipe, wire: Wire) -> Forecast {
    let met = rules(recipe, wire);
    let decided = met.iter().find_map(|rule| match rule.effect {
        Effect::Decides(fate) => Some(fate),
        Effect::None | Effect::MayRefuse => None,
    });
    let may_be_refused = met.iter().any(|rule| rule.effect == Effect::MayRefuse);
    Forecast { fate: decided.unwrap_or(Fate::Comes), may_be_refused }
}

impl Forecast {
    /// Whether this is what became of the cookie. `came` says whether it came back.
    pub fn allows(self, fate: Fate, came: bool) -> bool {
        let is_possible = fate == self.fate || (fate == Fate::Refused && self.may_be_refused);
        if came { fate == Fate::Comes } else { fate != Fate::Comes && is_possible }
    }

    /// Whether the browser did something that the rules do not say.
    pub fn is_contradicted(self, came: bool) -> bool {
        !Fate::ALL.iter().any(|fate| self.allows(*fate, came)) || (came && self.fate != Fate::Comes)
    }
}

/// The parts of the lesson, each predicted correctly or not yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub comes: bool,
    pub refused: bool,
    /// Accepted, and still not sent to this page.
    pub accepted: bool,
}

impl Parts {
    pub const COUNT: usize = 3;

    /// From a field or a cookie.
    pub fn read(text: &str) -> Self {
        let has = |part: &str| text.split('.').any(|found| found == part);
        Self { comes: has("comes"), refused: has("refused"), accepted: has("accepted") }
    }

    pub fn text(self) -> String {
        let all = [(self.comes, "comes"), (self.refused, "refused"), (self.accepted, "accepted")];
        let done = all.into_iter().filter(|(is_done, _)| *is_done).map(|(_, name)| name);
        done.collect::<Vec<_>>().join(".")
    }

    pub fn done(self) -> usize {
        [self.comes, self.refused, self.accepted].into_iter().filter(|is_done| *is_done).count()
    }

    /// The parts that are done in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self {
            comes: self.comes || other.comes,
            refused: self.refused || other.refused,
            accepted: self.accepted || other.accepted,
        }
    }

    /// Adds what was predicted correctly.
    #[must_use]
    pub const fn with(self, fate: Fate) -> Self {
        match fate {
            Fate::Comes => Self { comes: true, ..self },
            Fate::Refused => Self { refused: true, ..self },
            Fate::Deleted | Fate::Elsewhere => Self { accepted: true, ..self },
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

/// Judges a prediction. The parts are those that were done before; the answer is with them, and what there is to say.
pub fn judge(expected: Option<Fate>, came: bool, forecast: Forecast, parts: Parts) -> (Parts, Press) {
    let Some(expected) = expected else {
        return (
            parts,
            Press::Missing("Nothing was predicted, so nothing counts. Choose what becomes of it.".to_owned()),
        );
    };
    if !forecast.allows(expected, came) {
        return (parts, Press::Wrong(miss(expected, came, forecast).to_owned()));
    }
    let parts = parts.with(expected);
    let next = match parts.done() {
        Parts::COUNT => String::new(),
        _ => format!(" {}", parts.next()),
    };
    let says =
        format!("Predicted correctly: {}. {} of {} parts done.{next}", expected.says(), parts.done(), Parts::COUNT);
    let press = if parts.done() == Parts::COUNT { Press::Solved(says) } else { Press::Step(says) };
    (parts, press)
}

/// A hint about a wrong prediction.
const fn miss(expected: Fate, came: bool, forecast: Forecast) -> &'static str {
    match (expected, came, forecast.fate) {
        (_, true, _) => "It came back. So no rule refused it, and its path and its time are right.",
        (_, false, Fate::Comes) => {
            "It did not come back, and the rules do not say why. Did your browser lose it in another way? Set it again."
        }
        (Fate::Comes, false, _) => "It did not come back. One of the rules below decided that.",
        (Fate::Refused, false, _) => "It did not come back, but no rule refuses it. The browser accepted it first.",
        (Fate::Deleted | Fate::Elsewhere, false, Fate::Refused) => {
            "It did not come back, but not for this reason. The browser did not even accept it."
        }
        (Fate::Deleted, false, _) => "It did not come back, but it was not deleted. Its time is not over.",
        (Fate::Elsewhere, false, _) => "It did not come back, but not for this reason. Look at how long it may live.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(fields: &[(&str, &'static str)]) -> Recipe {
        let plain = Recipe::plain().fields();
        let field = |name: &str| {
            let all = fields.iter().chain(&plain);
            all.copied().find(|(field, _)| *field == name).map(|(_, value)| value)
        };
        Recipe::read(field).unwrap()
    }

    #[test]
    fn the_rules_decide_what_becomes_of_a_cookie() {
        for (fields, wire, fate, may_be_refused) in [
            (&[][..], Wire::Loopback, Fate::Comes, false),
            (&[("http-only", "on"), ("same-site", "strict")], Wire::Http, Fate::Comes, false),
            (&[("prefix", "host")], Wire::Https, Fate::Refused, false),
            (&[("prefix", "host"), ("secure", "on")], Wire::Https, Fate::Comes, false),
            (&[("prefix", "host"), ("secure", "on")], Wire::Loopback, Fate::Comes, true),
            (&[("prefix", "host"), ("secure", "on"), ("path", "here")], Wire::Https, Fate::Refused, false),
            (&[("prefix", "host"), ("max-age", "0"), ("path", "elsewhere")], Wire::Https, Fate::Refused, false),
            (&[("prefix", "secure")], Wire::Https, Fate::Refused, false),
            (&[("prefix", "secure"), ("secure", "on"), ("path", "here")], Wire::Https, Fate::Comes, false),
            (&[("secure", "on")], Wire::Http, Fate::Refused, false),
            (&[("same-site", "none")], Wire::Https, Fate::Comes, true),
            (&[("max-age", "0")], Wire::Https, Fate::Deleted, false),
            (&[("max-age", "0"), ("path", "elsewhere")], Wire::Https, Fate::Deleted, false),
            (&[("path", "elsewhere")], Wire::Https, Fate::Elsewhere, false),
            (&[("path", "elsewhere"), ("secure", "on")], Wire::Loopback, Fate::Elsewhere, true),
        ] {
            assert_eq!(forecast(&recipe(fields), wire), Forecast { fate, may_be_refused }, "{fields:?} over {wire:?}");
        }
    }

    #[test]
    fn every_rule_is_met_by_some_cookie() {
        for rule in &RULES {
            let wires = [Wire::Https, Wire::Loopback, Wire::Http];
            let is_met = every_recipe().iter().any(|it| wires.iter().any(|wire| (rule.applies)(it, *wire)));
            assert!(is_met, "{}", rule.says);
        }
    }

    fn every_recipe() -> Vec<Recipe> {
        let mut all = Vec::new();
        for prefix in &PREFIXES {
            for same_site in &SAME_SITES {
                for path in &PATHS {
                    for max_age in &MAX_AGES {
                        for secure in [true, false] {
                            all.push(Recipe { prefix, same_site, path, max_age, http_only: secure, secure });
                        }
                    }
                }
            }
        }
        all
    }

    #[test]
    fn a_recipe_is_read_back_from_its_own_fields() {
        for recipe in every_recipe() {
            let fields = recipe.fields();
            let read = Recipe::read(|name| fields.iter().find(|(field, _)| *field == name).map(|(_, value)| *value));
            assert_eq!(read.unwrap().line("v"), recipe.line("v"));
        }
        assert_eq!(Recipe::read(|_| None).err(), Some("prefix"));
    }

    #[test]
    fn it_takes_three_fates_each_predicted() {
        let plain = |fate| Forecast { fate, may_be_refused: false };
        let (first, press) = judge(Some(Fate::Comes), true, plain(Fate::Comes), Parts::default());
        assert!(press.says().contains("1 of 3 parts done") && !press.is_wrong() && !press.is_solved());
        let (same, press) = judge(Some(Fate::Comes), false, plain(Fate::Refused), first);
        assert!(press.is_wrong() && same == first);
        let (second, press) = judge(Some(Fate::Refused), false, plain(Fate::Refused), Parts::read(&first.text()));
        assert!(press.says().contains("2 of 3 parts done"));
        for last in [Fate::Deleted, Fate::Elsewhere] {
            let (third, press) = judge(Some(last), false, plain(last), Parts::read(&second.text()));
            assert!(press.is_solved() && press.says().ends_with("3 of 3 parts done.") && third.done() == 3);
            assert_eq!(Parts::read(&third.text()), third);
        }
        assert!(judge(None, false, plain(Fate::Refused), second).1.is_wrong());
    }

    #[test]
    fn a_prediction_counts_only_for_its_own_reason() {
        for may_be_refused in [false, true] {
            for fate in Fate::ALL {
                let forecast = Forecast { fate, may_be_refused };
                for expected in Fate::ALL {
                    let came = forecast.allows(expected, true);
                    assert_eq!(came, expected == Fate::Comes);
                    let stayed = forecast.allows(expected, false);
                    let is_reason = expected == fate || (expected == Fate::Refused && may_be_refused);
                    assert_eq!(stayed, expected != Fate::Comes && is_reason, "{expected:?} of {forecast:?}");
                    for came in [true, false] {
                        let (parts, press) = judge(Some(expected), came, forecast, Parts::default());
                        assert_eq!(parts == Parts::default(), press.is_wrong(), "{expected:?}, {came}, {forecast:?}");
                    }
                }
            }
        }
        let comes = Forecast { fate: Fate::Comes, may_be_refused: false };
        assert!(comes.is_contradicted(false) && !comes.is_contradicted(true));
    }
}
