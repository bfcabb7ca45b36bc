//! The board as CSV (RFC 4180): one line for each pupil and lesson.

use actix_web::HttpResponse;
use actix_web::http::header;

use super::ClassPages;
use super::board::{Board, moment, time};
use super::board_view::BoardQuery;
use crate::lab::class::{PredictionState, State};
use crate::web::http::problem::Problem;
use crate::web::session::class::Teacher;

/// New columns come last: spreadsheets and programs may count them.
const HEAD: [&str; 14] = [
    "pupil",
    "id",
    "joined_at",
    "seen_at",
    "lesson",
    "state",
    "stuck",
    "tries",
    "hints",
    "prediction",
    "solved_at",
    "title",
    "open",
    "began_again",
];

/// Without it, Excel takes UTF-8 for another encoding.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// `GET /class/board.csv`.
pub(in crate::web) async fn spreadsheet(_: Teacher, pages: ClassPages) -> Result<HttpResponse, Problem> {
    let board = Board::of(pages.mode.needed()?, BoardQuery::default().board_view()).await?;
    let named = (header::CONTENT_DISPOSITION, "attachment; filename=\"class.csv\"");
    Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").insert_header(named).body(csv(&board)))
}

fn csv(board: &Board) -> String {
    let mut text = format!("{BYTE_ORDER_MARK}{}", line(&HEAD));
    for row in &board.rows {
        let (joined, seen) = (time(row.pupil.joined_at), time(row.pupil.seen_at));
        let restarts = row.pupil.restarts.to_string();
        for (lesson, standing) in &row.standings {
            let (stuck, open) = (yes_or_no(standing.stuck), yes_or_no(!board.is_closed(lesson)));
            let (tries, hints) = (standing.tries.to_string(), standing.hints.to_string());
            let solved = standing.solved_at.and_then(moment).unwrap_or_default();
            let (state, prediction) = (state(standing.state), prediction(standing.prediction));
            let id = row.pupil.id.as_str();
            let work = [lesson.slug, state, stuck, &tries, &hints, prediction, &solved, lesson.title, open];
            text += &line(&[&[&row.name, id, &joined, &seen], &work[..], &[&restarts]].concat());
        }
    }
    text
}

const fn yes_or_no(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
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

fn line(cells: &[&str]) -> String {
    cells.iter().map(|text| cell(text)).collect::<Vec<_>>().join(",") + "\r\n"
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
