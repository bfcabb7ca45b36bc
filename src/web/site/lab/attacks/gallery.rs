//! The gallery's page: every attack, or those that its filters show.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

use crate::lab::attacks::filters::{CHECK, FILTERS, Filter, FilterValue};
use crate::lab::attacks::{Attack, SECTIONS, Section};
use crate::lab::progress::Progress;
use crate::web::http::problem::Problem;
use crate::web::session::class::Learner;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

#[derive(Template)]
#[template(path = "lab/gallery.html")]
struct GalleryPage<'a> {
    assets: &'a Assets,
    choices: [Choice; 3],
    sections: Vec<ShownSection>,
    learner: Learner,
}

/// A filter, and the value that was chosen, if any.
struct Choice {
    filter: &'static Filter,
    value: Option<&'static FilterValue>,
}

/// A section that has something to show.
struct ShownSection {
    section: &'static Section,
    attacks: Vec<&'static Attack>,
}

/// The query of `GET /lab/attacks`: a value of each filter. The form sends an empty one where nothing is chosen.
#[derive(Deserialize)]
pub(in crate::web) struct GalleryQuery {
    check: Option<String>,
    changed: Option<String>,
    tried: Option<String>,
}

/// `GET /lab/attacks`.
pub(in crate::web) async fn gallery(
    query: Query<GalleryQuery>,
    learner: Learner,
    assets: Data<Assets>,
) -> Result<HttpResponse, Problem> {
    let choices = query.choices()?;
    refuse_held(&choices, &learner)?;
    let sections = SECTIONS.iter().map(|section| ShownSection::of(section, &choices, &learner.progress));
    let sections = sections.filter(|shown| !shown.attacks.is_empty()).collect();
    render(&GalleryPage { assets: &assets, choices, sections, learner })
}

/// The check that stops an attack tells its code, so nobody filters by it while the codes are held.
fn refuse_held(choices: &[Choice], learner: &Learner) -> Result<(), Problem> {
    let asks_for_code = choices.iter().any(|choice| choice.is_of_check() && choice.value.is_some());
    if asks_for_code && learner.are_codes_held() {
        let message = "Your teacher holds the expected codes, so the filter `check` is off. Leave it out.";
        return Err(Problem::bad_request(message).leading_to("/lab"));
    }
    Ok(())
}

impl GalleryQuery {
    fn choices(&self) -> Result<[Choice; 3], Problem> {
        let [check, changed, tried] = &FILTERS;
        Ok([
            Choice::of(check, self.check.as_deref())?,
            Choice::of(changed, self.changed.as_deref())?,
            Choice::of(tried, self.tried.as_deref())?,
        ])
    }
}

impl Choice {
    fn of(filter: &'static Filter, given: Option<&str>) -> Result<Self, Problem> {
        let value = match given.unwrap_or_default() {
            "" => None,
            given => Some(filter.find(given).ok_or_else(|| Self::unknown(filter))?),
        };
        Ok(Self { filter, value })
    }

    fn unknown(filter: &Filter) -> Problem {
        let values: Vec<_> = filter.values.iter().map(|it| format!("`{}`", it.value)).collect();
        Problem::bad_request(format!("`{}` can be one of {}.", filter.name, values.join(", ")))
    }

    fn is_of_check(&self) -> bool {
        self.filter.name == CHECK.name
    }

    fn is(&self, value: &FilterValue) -> bool {
        self.value.is_some_and(|chosen| chosen.value == value.value)
    }
}

impl ShownSection {
    fn of(section: &'static Section, choices: &[Choice], progress: &Progress) -> Self {
        let is_shown = |attack: &&Attack| {
            let was_tried = progress.has_tried(attack.key);
            choices.iter().filter_map(|choice| choice.value).all(|value| value.shows(attack, was_tried))
        };
        Self { section, attacks: section.attacks.iter().filter(is_shown).collect() }
    }
}

impl GalleryPage<'_> {
    fn was_tried(&self, attack: &Attack) -> bool {
        self.learner.progress.has_tried(attack.key)
    }

    fn kinds_tried(&self) -> usize {
        Attack::count_rows(|attack| self.was_tried(attack))
    }

    fn choices(&self) -> impl Iterator<Item = &Choice> {
        self.choices.iter().filter(|choice| !(choice.is_of_check() && self.learner.are_codes_held()))
    }

    fn is_filtered(&self) -> bool {
        self.choices.iter().any(|choice| choice.value.is_some())
    }

    fn shown(&self) -> usize {
        self.sections.iter().map(|section| section.attacks.len()).sum()
    }
}
