//! The board as CSV (RFC 4180): one line for each pupil and lesson.

use actix_web::HttpResponse;
use actix_web::http::header;

use super::ClassPages;
use super::board::{Board, moment, time};
use super::board_view::BoardQuery;
use super::row::Row;
use crate::lab::class::{PredictionState, Standing, State};
use crate::lab::lessons::Lesson;
use crate::web::http::problem::Problem;
use crate::web::session::class::Teacher;

/// What a column is called, and what is in it.
type Column = (&'static str, fn(&Line<'_>) -> String);

/// New columns come last: spreadsheets and programs may count them.
const COLUMNS: [Column; 14] = [
    ("pupil", |line| line.row.name.clone()),
    ("id", |line| line.row.pupil.id.as_str().to_owned()),
    ("joined_at", |line| time(line.row.pupil.joined_at)),
    ("seen_at", |line| time(line.row.pupil.seen_at)),
    ("lesson", |line| line.lesson.slug.to_owned()),
    ("state", |line| state(line.standing.state).to_owned()),
    ("stuck", |line| yes_or_no(line.standing.stuck)),
    ("tries", |line| line.standing.tries.to_string()),
    ("hints", |line| line.standing.hints.to_string()),
    ("prediction", |line| prediction(line.standing.prediction).to_owned()),
    ("solved_at", |line| line.standing.solved_at.and_then(moment).unwrap_or_default()),
    ("title", |line| line.lesson.title.to_owned()),
    ("open", |line| yes_or_no(line.is_open)),
    ("began_again", |line| line.row.pupil.restarts.to_string()),
];

/// What a line is about: one pupil in one lesson.
struct Line<'a> {
    row: &'a Row,
    lesson: &'a Lesson,
    standing: &'a Standing,
    is_open: bool,
}

/// Without it, Excel takes UTF-8 for another encoding.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// `GET /class/board.csv`.
pub(in crate::web) async fn spreadsheet(_: Teacher, pages: ClassPages) -> Result<HttpResponse, Problem> {
    let board = Board::of(pages.mode.needed()?, BoardQuery::default().board_view()).await?;
    let named = (header::CONTENT_DISPOSITION, "attachment; filename=\"class.csv\"");
    Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").insert_header(named).body(csv(&board)))
}

fn csv(board: &Board) -> String {
    let head = cells(COLUMNS.map(|(name, _)| name.to_owned()));
    let mut text = format!("{BYTE_ORDER_MARK}{head}");
    for row in &board.rows {
        for (lesson, standing) in &row.standings {
            let line = Line { row, lesson, standing, is_open: !board.is_closed(lesson) };
            text += &cells(COLUMNS.map(|(_, content)| content(&line)));
        }
    }
    text
}

fn yes_or_no(is_so: bool) -> String {
    if is_so { "yes" } else { "no" }.to_owned()
}

const fn state(state: State) -> &'static str {
    match state {
        State::NotBegun => "not_begun",
        State::Open => "open",
        State::Solved => "solved",
    }
}

const fn prediction(prediction: PredictionState) -> &'static str {
    match prediction {
        PredictionState::None => "none",
        PredictionState::Right => "right",
        PredictionState::Wrong => "wrong",
        PredictionState::Skipped => "skipped",
    }
}

/// One line of the file.
fn cells(texts: [String; COLUMNS.len()]) -> String {
    texts.map(|text| cell(&text)).join(",") + "\r\n"
}

/// A cell in quotes. A spreadsheet would take a text that begins like a formula for one, so it gets an apostrophe.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let mark = if is_formula { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_be_a_formula_or_end_its_cell() {
        for (text, expected) in [
            ("Ada", r#""Ada""#),
            ("=1+1", r#""'=1+1""#),
            ("+1", r#""'+1""#),
            ("-1", r#""'-1""#),
            ("@SUM(A1)", r#""'@SUM(A1)""#),
            ("＝1", r#""'＝1""#),
            (r#"a","b"#, r#""a"",""b""#),
            ("O'Neil, Ada", r#""O'Neil, Ada""#),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
