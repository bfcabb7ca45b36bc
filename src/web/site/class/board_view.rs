//! How the board is shown: in which order, which part of a large class, and for whom. Its links and forms keep that.

use serde::Deserialize;

use crate::web::http::problem::{Problem, quoted};

/// The query of the board's addresses.
#[derive(Default, Deserialize)]
pub(in crate::web) struct BoardQuery {
    /// Only in the teacher's link.
    pub key: Option<String>,
    /// Which part of a large class is shown: a whole number.
    pub part: Option<String>,
    /// `name` or `stuck`; without it, pupils are in the order in which they joined.
    pub sort: Option<String>,
    /// What the teacher is about to do: a pupil's id, or `choice`.
    pub open: Option<String>,
    /// `projector` for the board on a projector, `code` for the code alone, `back` for the code with which the open
    /// pupil comes back.
    pub view: Option<String>,
    /// What a press did.
    pub done: Option<String>,
    /// The id of the pupil that it was about.
    pub pupil: Option<String>,
    /// The slug of the lesson that it was about.
    pub lesson: Option<String>,
    /// The minutes of the path that it was about.
    pub path: Option<String>,
}

impl BoardQuery {
    /// Refuses a part that is no number. A number beyond the last part is one that was a part before pupils left.
    pub(super) fn checked(&self) -> Result<&Self, Problem> {
        match &self.part {
            Some(part) if part.parse::<usize>().is_err() => Err(Problem::bad_request(format!(
                "`part` says which part of a large class is shown, as a whole number such as `2`. It cannot be {}.",
                quoted(part)
            ))
            .leading_to("/class/board")),
            _ => Ok(self),
        }
    }

    pub(super) fn board_view(&self) -> BoardView {
        let sort = match self.sort.as_deref() {
            Some("name") => Sort::Name,
            Some("stuck") => Sort::Stuck,
            _ => Sort::Joined,
        };
        let is_for_projector = self.view.as_deref() == Some("projector");
        BoardView { sort, part: self.part_number(), is_for_projector }
    }

    fn part_number(&self) -> usize {
        self.part.as_deref().and_then(|part| part.parse().ok()).unwrap_or(1)
    }
}

/// What the links of the board keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BoardView {
    pub sort: Sort,
    pub part: usize,
    pub is_for_projector: bool,
}

/// The order of the pupils.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Joined,
    Name,
    /// Those who are stuck come first.
    Stuck,
}

impl Sort {
    pub const ALL: [Self; 3] = [Self::Joined, Self::Name, Self::Stuck];

    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Joined => None,
            Self::Name => Some("name"),
            Self::Stuck => Some("stuck"),
        }
    }

    pub const fn says(self) -> &'static str {
        match self {
            Self::Joined => "as they joined",
            Self::Name => "by name",
            Self::Stuck => "stuck first",
        }
    }
}

impl BoardView {
    pub const fn sorted(self, sort: Sort) -> Self {
        Self { sort, part: 1, ..self }
    }

    pub const fn at_part(self, part: usize) -> Self {
        Self { part, ..self }
    }

    /// The same for the board itself, which has what a projector does not show.
    pub const fn on_the_board(self) -> Self {
        Self { is_for_projector: false, ..self }
    }

    pub const fn on_a_projector(self) -> Self {
        Self { is_for_projector: true, part: 1, ..self }
    }

    /// The query of an address that keeps this, with `more` before it: nothing, or `?` and what is to be said.
    pub fn query(self, more: &str) -> String {
        let view = self.is_for_projector.then(|| "view=projector".to_owned());
        let sort = self.sort.name().map(|name| format!("sort={name}"));
        let part = (self.part > 1).then(|| format!("part={}", self.part));
        let more = (!more.is_empty()).then(|| more.to_owned());
        let said: Vec<_> = [more, view, sort, part].into_iter().flatten().collect();
        if said.is_empty() { String::new() } else { format!("?{}", said.join("&")) }
    }

    /// The address of the board that keeps this.
    pub fn address(self, more: &str) -> String {
        format!("/class/board{}", self.query(more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_only_what_differs_from_the_plain_board() {
        let plain = BoardQuery::default().board_view();
        assert_eq!(
            (plain.address("").as_str(), plain.address("done=held").as_str()),
            ("/class/board", "/class/board?done=held")
        );
        let stuck = plain.sorted(Sort::Stuck).at_part(2);
        assert_eq!(stuck.query("open=choice"), "?open=choice&sort=stuck&part=2");
        assert_eq!(stuck.on_a_projector().query(""), "?view=projector&sort=stuck");
    }

    #[test]
    fn what_a_query_says_is_what_its_address_says_again() {
        let query = |sort: Option<&str>, part: Option<&str>| BoardQuery {
            sort: sort.map(str::to_owned),
            part: part.map(str::to_owned),
            view: Some("projector".to_owned()),
            ..BoardQuery::default()
        };
        assert_eq!(query(Some("name"), Some("3")).board_view().query(""), "?view=projector&sort=name&part=3");
        assert_eq!(query(Some("else"), None).board_view().query(""), "?view=projector");
    }
}
