//! What `Set-Cookie` said: the line on the page is the line in the answer's head, letter by letter.

use actix_web::HttpResponse;
use askama::Template;

use super::{Desk, Frame, jar, page as answer};
use crate::lab::lessons::remark::{Remark, are_all_right};
use crate::lab::lessons::set_cookie::{ATTRIBUTES, NAME, Piece, RIDDLES, Riddle, judge, line};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;

#[derive(Template)]
#[template(path = "lab/lessons/set-cookie.html")]
struct SetCookiePage<'a> {
    assets: &'a Assets,
    frame: Frame,
    sent: Option<Sent>,
    came: Option<String>,
    remarks: Vec<Remark>,
    desk: &'a Desk<'a>,
}

/// The cookie that this page, or the one before it, set.
struct Sent {
    value: String,
    is_new: bool,
}

impl SetCookiePage<'_> {
    fn is_chosen(&self, riddle: &Riddle, piece: &Piece) -> bool {
        self.desk.form.get(riddle.field) == Some(piece.value)
    }
}

pub(super) fn page(desk: &mut Desk<'_>) -> Result<HttpResponse, Problem> {
    let sent = match desk.form.get("value") {
        Some(value) if jar::is_value(value) => Some(Sent { value: value.to_owned(), is_new: false }),
        _ if desk.form.is_sent() => Some(Sent { value: jar::value()?, is_new: true }),
        _ => None,
    };
    let is_answered = sent.as_ref().is_some_and(|sent| !sent.is_new);
    let remarks = if is_answered { judge(|field| desk.form.get(field)) } else { Vec::new() };
    let frame = desk.frame(are_all_right(&remarks))?.tried_if(is_answered);
    let new_line = sent.as_ref().filter(|sent| sent.is_new).map(|sent| line(&sent.value));
    let came = jar::came(desk.request, NAME);
    let mut response = answer(&SetCookiePage { assets: &desk.state.assets, frame, sent, came, remarks, desk })?;
    if let Some(line) = new_line {
        jar::set(&mut response, &line)?;
    }
    Ok(response)
}
