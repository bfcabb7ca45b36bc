//! The cookie laboratory: choose a cookie's attributes, and see by which rules a browser keeps it or drops it.

use super::remark::Remark;

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

/// Whether the cookie comes with the next request to this page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forecast {
    Comes,
    StaysAway,
    /// Browsers differ.
    Differs,
}

/// One thing that browsers do.
pub struct Rule {
    applies: fn(&Recipe, Wire) -> bool,
    pub forecast: Forecast,
    pub says: &'static str,
}

pub static RULES: [Rule; 12] = [
    Rule {
        applies: |it, _| it.prefix.value == "host" && !it.secure,
        forecast: Forecast::StaysAway,
        says: "`__Host-` without `Secure`: dropped. The prefix promises that https set the cookie.",
    },
    Rule {
        applies: |it, _| it.prefix.value == "host" && it.path.value != "root",
        forecast: Forecast::StaysAway,
        says: "`__Host-` with another path than `/`: dropped. The prefix promises one cookie for the whole host.",
    },
    Rule {
        applies: |it, _| it.prefix.value == "secure" && !it.secure,
        forecast: Forecast::StaysAway,
        says: "`__Secure-` without `Secure`: dropped.",
    },
    Rule {
        applies: |it, wire| it.secure && wire == Wire::Http,
        forecast: Forecast::StaysAway,
        says: "`Secure` over plain http: dropped.",
    },
    Rule {
        applies: |it, _| it.max_age.value == "0",
        forecast: Forecast::StaysAway,
        says: "`Max-Age=0`: an end that has come. This is how a server deletes a cookie.",
    },
    Rule {
        applies: |it, _| it.path.value == "elsewhere",
        forecast: Forecast::StaysAway,
        says: "`Path=/elsewhere`: taken, and not sent to this page, whose address does not begin so. From here it looks \
               like a dropped one.",
    },
    Rule {
        applies: |it, _| it.same_site.value == "none" && !it.secure,
        forecast: Forecast::Differs,
        says: "`SameSite=None` without `Secure`: Chromium drops it. Not every browser does.",
    },
    Rule {
        applies: |it, wire| it.secure && wire == Wire::Loopback,
        forecast: Forecast::Differs,
        says: "`Secure` over plain http on this machine's own address: Chromium and Firefox take it, because nobody sits \
               on that wire. Safari may drop it.",
    },
    Rule {
        applies: |it, _| it.http_only,
        forecast: Forecast::Comes,
        says: "`HttpOnly`: no script reads it. It is sent as ever.",
    },
    Rule {
        applies: |it, _| it.same_site.value == "strict",
        forecast: Forecast::Comes,
        says: "`SameSite=Strict`: this page's own form asked, so it is sent. A link from another site would not carry it.",
    },
    Rule {
        applies: |it, _| it.same_site.value == "absent",
        forecast: Forecast::Comes,
        says: "No `SameSite`: Chromium treats it as `Lax`, and lets it come with a POST for its first two minutes. Other \
               browsers may send it everywhere.",
    },
    Rule {
        applies: |it, _| it.max_age.value == "none",
        forecast: Forecast::Comes,
        says: "No `Max-Age`: kept until the browser closes.",
    },
];

/// The rules that apply to this cookie, those that decide first.
pub fn rules(recipe: &Recipe, wire: Wire) -> Vec<&'static Rule> {
    RULES.iter().filter(|rule| (rule.applies)(recipe, wire)).collect()
}

/// What the rules predict for this cookie.
pub fn forecast(recipe: &Recipe, wire: Wire) -> Forecast {
    let met = rules(recipe, wire);
    let is_met = |forecast| met.iter().any(|rule| rule.forecast == forecast);
    if is_met(Forecast::StaysAway) {
        Forecast::StaysAway
    } else if is_met(Forecast::Differs) {
        Forecast::Differs
    } else {
        Forecast::Comes
    }
}

/// What the visitor has predicted correctly so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Predictions {
    pub comes: bool,
    pub stays_away: bool,
}

impl Predictions {
    /// From the hidden field of the form.
    pub fn read(text: &str) -> Self {
        Self { comes: text.contains("comes"), stays_away: text.contains("away") }
    }

    pub const fn text(self) -> &'static str {
        match (self.comes, self.stays_away) {
            (true, true) => "comes-away",
            (true, false) => "comes",
            (false, true) => "away",
            (false, false) => "",
        }
    }

    pub const fn is_both(self) -> bool {
        self.comes && self.stays_away
    }

    /// Adds the latest prediction and its result.
    #[must_use]
    pub fn after(mut self, expected: Option<bool>, came: bool) -> Self {
        if expected == Some(came) {
            self.comes |= came;
            self.stays_away |= !came;
        }
        self
    }
}

/// The remark on a prediction. `expected` and `came` say whether the cookie comes back.
pub fn judge(expected: Option<bool>, came: bool, predictions: Predictions) -> Remark {
    let Some(expected) = expected else {
        return Remark::miss("You predicted nothing, so nothing counts. Choose first whether it comes back.");
    };
    if expected != came {
        let other = if came { "it came back" } else { "it did not come back" };
        return Remark::miss(format!("You predicted otherwise: {other}. The rules below say why."));
    }
    match (predictions.comes, predictions.stays_away) {
        (true, true) => Remark::right("Predicted correctly, of a cookie that comes back and of one that does not."),
        (true, false) => Remark::right("Predicted correctly. Now make one that your browser drops, and predict that."),
        _ => Remark::right("Predicted correctly. Now make one that comes back, and predict that."),
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
        for (fields, wire, expected) in [
            (&[][..], Wire::Loopback, Forecast::Comes),
            (&[("http-only", "on"), ("same-site", "strict")], Wire::Http, Forecast::Comes),
            (&[("prefix", "host")], Wire::Https, Forecast::StaysAway),
            (&[("prefix", "host"), ("secure", "on")], Wire::Https, Forecast::Comes),
            (&[("prefix", "host"), ("secure", "on")], Wire::Loopback, Forecast::Differs),
            (&[("prefix", "host"), ("secure", "on"), ("path", "here")], Wire::Https, Forecast::StaysAway),
            (&[("prefix", "secure")], Wire::Https, Forecast::StaysAway),
            (&[("prefix", "secure"), ("secure", "on"), ("path", "here")], Wire::Https, Forecast::Comes),
            (&[("secure", "on")], Wire::Http, Forecast::StaysAway),
            (&[("same-site", "none")], Wire::Https, Forecast::Differs),
            (&[("max-age", "0")], Wire::Https, Forecast::StaysAway),
            (&[("path", "elsewhere")], Wire::Https, Forecast::StaysAway),
        ] {
            assert_eq!(forecast(&recipe(fields), wire), expected, "{fields:?} over {wire:?}");
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
    fn it_takes_one_that_comes_and_one_that_does_not_each_predicted() {
        let first = Predictions::read("").after(Some(true), true);
        assert!(judge(Some(true), true, first).is_right && !first.is_both());
        let wrong = Predictions::read(first.text()).after(Some(true), false);
        assert_eq!(wrong, first);
        assert!(judge(Some(true), false, wrong).says.contains("otherwise"));
        let second = Predictions::read(wrong.text()).after(Some(false), false);
        assert!(judge(Some(false), false, second).is_right && second.is_both());
        assert!(!judge(None, false, second).is_right);
    }
}
