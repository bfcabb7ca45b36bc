//! The board, sent live: server-sent events, each with the table as it is then. Before each comes what else the board
//! says: when that is new, the page's script loads the page again.
//!
//! Several processes may serve one class, so what changed is known only from the store. While somebody watches, it is
//! asked once a second for the version of the class. The table is made again when the version is another, and from time
//! to time, because a pupil gets stuck by waiting.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::rt::time::interval;
use actix_web::web::{Bytes, Data, Query};
use actix_web::{Error, HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use futures_core::Stream;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::ClassPages;
use super::board::{Board, table};
use super::board_view::{BoardQuery, BoardView};
use crate::web::http::origins::Origins;
use crate::web::http::problem::Problem;
use crate::web::http::shutdown_flag::ShutdownFlag;
use crate::web::session::class::{ClassMode, Classroom, Teacher};
use crate::work;

/// How often the store is asked.
const EVERY: Duration = Duration::from_secs(1);

/// After how many rounds without a change something is sent nevertheless, so that no proxy closes the connection.
const HEARTBEAT: u32 = 15;

/// `GET /class/board/events`.
pub(in crate::web) async fn events(
    _: Teacher,
    request: HttpRequest,
    query: Query<BoardQuery>,
    pages: ClassPages,
    origins: Data<Origins>,
    shutdown: Data<ShutdownFlag>,
) -> Result<HttpResponse, Problem> {
    let room = pages.mode.needed()?;
    let permit = room.stream_permit().ok_or_else(|| Problem::too_busy(work::RETRY_AFTER))?;
    let (sender, receiver) = mpsc::channel(1);
    let until = room.teacher_until(&request);
    let last = Sent::nothing(query.checked()?.board_view(), origins.lack_second_site(request.head()), until);
    actix_web::rt::spawn(watch(pages.mode.clone(), shutdown, last, sender));
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // nginx would keep the events until it has many of them.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(Events { receiver, _permit: permit }))
}

/// Sends until nobody reads any more, the teacher's cookie stops to count, or the server shuts down.
async fn watch(mode: Data<ClassMode>, shutdown: Data<ShutdownFlag>, mut last: Sent, sender: mpsc::Sender<Bytes>) {
    let Some(room) = mode.room() else { return };
    let mut rounds = interval(EVERY);
    while !sender.is_closed() && !shutdown.has_begun() {
        rounds.tick().await;
        if last.until.is_some_and(|until| until <= room.now()) {
            return;
        }
        // A store that does not answer now may answer in the next round.
        let Ok(Some(event)) = last.next(room).await else { continue };
        if sender.send(event).await.is_err() {
            return;
        }
    }
}

/// What was sent last.
struct Sent {
    view: BoardView,
    lacks_second_site: bool,
    /// When the teacher's cookie stops to count.
    until: Option<DateTime<Utc>>,
    version: Option<i64>,
    table: String,
    settings: String,
    rounds: u32,
}

impl Sent {
    fn nothing(view: BoardView, lacks_second_site: bool, until: Option<DateTime<Utc>>) -> Self {
        let (table, settings) = (String::new(), String::new());
        Self { view, lacks_second_site, until, version: None, table, settings, rounds: 0 }
    }

    /// What is to be sent now.
    async fn next(&mut self, room: &Classroom) -> Result<Option<Bytes>, Problem> {
        self.rounds += 1;
        // 0 is no version of a class: no class is open.
        let version = room.recent().await?.map_or(0, |class| class.version);
        let is_due = self.rounds >= HEARTBEAT;
        if self.version == Some(version) && !is_due {
            return Ok(None);
        }
        let board = Board::of(room, self.view).await?.for_pupils_without_second_site(self.lacks_second_site);
        let (table, settings) = (table(&board)?, board.settings());
        self.version = Some(version);
        if table != self.table || settings != self.settings {
            let events = [event("settings", &settings), event("board", &table)].concat();
            (self.table, self.settings, self.rounds) = (table, settings, 0);
            return Ok(Some(events.into()));
        }
        if is_due {
            self.rounds = 0;
            return Ok(Some(Bytes::from_static(b": still here\n\n")));
        }
        Ok(None)
    }
}

/// One event with this name, whose data is this text. An event without a line of data is not sent to a page's script.
fn event(name: &str, text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| format!("data: {line}\n")).collect();
    format!("event: {name}\n{}\n", lines.concat())
}

/// The body of the response. It ends when the sender does.
struct Events {
    receiver: mpsc::Receiver<Bytes>,
    _permit: OwnedSemaphorePermit,
}

impl Stream for Events {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.receiver.poll_recv(cx).map(|event| event.map(Ok))
    }
}
