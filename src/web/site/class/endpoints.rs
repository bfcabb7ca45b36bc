//! The rows of the route table for a class. They are for this site's own pages and for the teacher, so the API's
//! description leaves them out; the manual's page on the lab describes the board's JSON and CSV.

use super::{away, board, board_actions, board_json, csv, events, join, leave, page, rename};
use crate::web::http::endpoint::{Endpoint, Method, Operation, RoutePolicy};

const fn teachers(path: &'static str, operations: &'static [Operation]) -> Endpoint {
    Endpoint::new(path, RoutePolicy::Plain, operations).kept_from_robots()
}

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        "/class",
        RoutePolicy::Plain,
        &[
            Operation::undocumented(Method::Get, |route| route.to(page)),
            Operation::undocumented(Method::Post, |route| route.to(join)),
        ],
    )
    .also_at(&["/class/"]),
    Endpoint::new(
        "/class/leave",
        RoutePolicy::Plain,
        &[Operation::undocumented(Method::Post, |route| route.to(leave))],
    ),
    Endpoint::new(
        "/class/name",
        RoutePolicy::Plain,
        &[Operation::undocumented(Method::Post, |route| route.to(rename))],
    ),
    Endpoint::new("/class/away", RoutePolicy::Plain, &[Operation::undocumented(Method::Post, |route| route.to(away))]),
    teachers("/class/board", &[Operation::undocumented(Method::Get, |route| route.to(board::page))])
        .also_at(&["/class/board/"]),
    teachers("/class/board.json", &[Operation::undocumented(Method::Get, |route| route.to(board_json::json))]),
    teachers("/class/board.csv", &[Operation::undocumented(Method::Get, |route| route.to(csv::spreadsheet))]),
    teachers("/class/board/events", &[Operation::undocumented(Method::GetOnly, |route| route.to(events::events))]),
    teachers("/class/board/start", &[Operation::undocumented(Method::Post, |route| route.to(board_actions::start))]),
    teachers("/class/board/reset", &[Operation::undocumented(Method::Post, |route| route.to(board_actions::reset))]),
    teachers("/class/board/remove", &[Operation::undocumented(Method::Post, |route| route.to(board_actions::remove))]),
    teachers(
        "/class/board/remove-idle",
        &[Operation::undocumented(Method::Post, |route| route.to(board_actions::remove_idle))],
    ),
    teachers("/class/board/name", &[Operation::undocumented(Method::Post, |route| route.to(board_actions::rename))]),
    teachers("/class/board/hold", &[Operation::undocumented(Method::Post, |route| route.to(board_actions::hold))]),
    teachers(
        "/class/board/lesson",
        &[Operation::undocumented(Method::Post, |route| route.to(board_actions::open_lesson))],
    ),
    teachers("/class/board/path", &[Operation::undocumented(Method::Post, |route| route.to(board_actions::open_path))]),
    teachers(
        "/class/board/back",
        &[Operation::undocumented(Method::Post, |route| route.to(board_actions::let_back_in))],
    ),
    teachers("/class/board/leave", &[Operation::undocumented(Method::Post, |route| route.to(board_actions::leave))]),
    teachers(
        "/class/board/joining",
        &[Operation::undocumented(Method::Post, |route| route.to(board_actions::joining))],
    ),
    teachers("/class/board/code", &[Operation::undocumented(Method::Post, |route| route.to(board_actions::new_code))]),
    teachers("/class/board/end", &[Operation::undocumented(Method::Post, |route| route.to(board_actions::end))]),
];
