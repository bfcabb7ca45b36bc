//! The rules by which browsers treat a cookie, and what they lead to.

use super::cookie::CookieSettings;

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
pub enum CookieOutcome {
    /// It sends the cookie with the next request to this page.
    ComesBack,
    /// It does not accept the cookie.
    Refused,
    /// It deletes the cookie at once.
    Deleted,
    /// It keeps the cookie, but for addresses under another path.
    KeptForOtherPath,
}

impl CookieOutcome {
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
    Decides(CookieOutcome),
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
        effect: Effect::Decides(CookieOutcome::Refused),
        says: "`__Host-` without `Secure`: refused. The prefix demands `Secure`.",
    },
    Rule {
        applies: |it, _| it.prefix.value == "host" && it.path.value != "root",
        effect: Effect::Decides(CookieOutcome::Refused),
        says: "`__Host-` with another path than `/`: refused. The prefix demands one cookie for the whole host.",
    },
    Rule {
        applies: |it, _| it.prefix.value == "secure" && !it.secure,
        effect: Effect::Decides(CookieOutcome::Refused),
        says: "`__Secure-` without `Secure`: refused. The prefix demands `Secure`.",
    },
    Rule {
        applies: |it, transport| it.secure && transport == Transport::Http,
        effect: Effect::Decides(CookieOutcome::Refused),
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
        effect: Effect::Decides(CookieOutcome::Deleted),
        says: "`Max-Age=0`: its time is over, so the browser deletes it. This is how a server removes a cookie.",
    },
    Rule {
        applies: |it, _| it.path.value == "elsewhere",
        effect: Effect::Decides(CookieOutcome::KeptForOtherPath),
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
        says: "No `Max-Age`: usually kept until the browser is closed.",
    },
];

impl Rule {
    /// Whether a browser that follows it refuses the cookie.
    pub fn refuses(&self) -> bool {
        matches!(self.effect, Effect::Decides(CookieOutcome::Refused) | Effect::MayRefuse)
    }
}

/// The rules that apply to this cookie, in the order of [`RULES`]. Of those that decide, the first counts.
pub fn rules(settings: &CookieSettings, transport: Transport) -> Vec<&'static Rule> {
    RULES.iter().filter(|rule| (rule.applies)(settings, transport)).collect()
}

/// The outcome that the rules lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RulesOutcome {
    /// The outcome in a browser that does not refuse the cookie where it may.
    pub outcome: CookieOutcome,
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
    RulesOutcome { outcome: decided.unwrap_or(CookieOutcome::ComesBack), may_be_refused }
}

impl RulesOutcome {
    /// Whether the cookie may have had this outcome, when it came back or did not.
    pub fn allows(self, outcome: CookieOutcome, came_back: bool) -> bool {
        let is_possible = outcome == self.outcome || (outcome == CookieOutcome::Refused && self.may_be_refused);
        if came_back { outcome == CookieOutcome::ComesBack } else { outcome != CookieOutcome::ComesBack && is_possible }
    }

    /// Whether a cookie that did not come back may have been refused as well as kept, so that no prediction is certain.
    pub fn is_uncertain(self) -> bool {
        self.may_be_refused && !matches!(self.outcome, CookieOutcome::ComesBack | CookieOutcome::Refused)
    }

    /// Whether it is certain that the browser refused the cookie.
    pub fn is_refused(self, came_back: bool) -> bool {
        !came_back
            && (self.outcome == CookieOutcome::Refused
                || (self.may_be_refused && self.outcome == CookieOutcome::ComesBack))
    }

    /// Whether the browser did something that the rules do not say.
    pub fn is_contradicted(self, came_back: bool) -> bool {
        !CookieOutcome::ALL.iter().any(|outcome| self.allows(*outcome, came_back))
            || (came_back && self.outcome != CookieOutcome::ComesBack)
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
            (&[][..], Transport::HttpOnLoopback, CookieOutcome::ComesBack, false),
            (&[("http-only", "on"), ("same-site", "strict")], Transport::Http, CookieOutcome::ComesBack, false),
            (&[("prefix", "host")], Transport::Https, CookieOutcome::Refused, false),
            (&[("prefix", "host"), ("secure", "on")], Transport::Https, CookieOutcome::ComesBack, false),
            (&[("prefix", "host"), ("secure", "on")], Transport::HttpOnLoopback, CookieOutcome::ComesBack, true),
            (
                &[("prefix", "host"), ("secure", "on"), ("path", "here")],
                Transport::Https,
                CookieOutcome::Refused,
                false,
            ),
            (
                &[("prefix", "host"), ("max-age", "0"), ("path", "elsewhere")],
                Transport::Https,
                CookieOutcome::Refused,
                false,
            ),
            (&[("prefix", "secure")], Transport::Https, CookieOutcome::Refused, false),
            (
                &[("prefix", "secure"), ("secure", "on"), ("path", "here")],
                Transport::Https,
                CookieOutcome::ComesBack,
                false,
            ),
            (&[("secure", "on")], Transport::Http, CookieOutcome::Refused, false),
            (&[("same-site", "none")], Transport::Https, CookieOutcome::ComesBack, true),
            (&[("max-age", "0")], Transport::Https, CookieOutcome::Deleted, false),
            (&[("max-age", "0"), ("path", "elsewhere")], Transport::Https, CookieOutcome::Deleted, false),
            (&[("path", "elsewhere")], Transport::Https, CookieOutcome::KeptForOtherPath, false),
            (
                &[("path", "elsewhere"), ("secure", "on")],
                Transport::HttpOnLoopback,
                CookieOutcome::KeptForOtherPath,
                true,
            ),
        ] {
            assert_eq!(
                rules_outcome(&settings(fields), transport),
                RulesOutcome { outcome, may_be_refused },
                "{fields:?} over {transport:?}"
            );
        }
    }

    #[test]
    fn only_a_cookie_that_cannot_have_been_kept_was_refused() {
        for (outcome, may_be_refused, came_back, is_refused) in [
            (CookieOutcome::Refused, false, false, true),
            (CookieOutcome::Refused, false, true, false),
            (CookieOutcome::ComesBack, true, false, true),
            (CookieOutcome::ComesBack, true, true, false),
            (CookieOutcome::ComesBack, false, false, false),
            (CookieOutcome::KeptForOtherPath, true, false, false),
        ] {
            let by_the_rules = RulesOutcome { outcome, may_be_refused };
            assert_eq!(by_the_rules.is_refused(came_back), is_refused, "{by_the_rules:?}, {came_back}");
        }
    }

    #[test]
    fn every_rule_is_met_by_some_cookie() {
        for rule in &RULES {
            let transports = [Transport::Https, Transport::HttpOnLoopback, Transport::Http];
            let is_met = CookieSettings::all()
                .iter()
                .any(|it| transports.iter().any(|transport| (rule.applies)(it, *transport)));
            assert!(is_met, "{}", rule.says);
        }
    }
}
