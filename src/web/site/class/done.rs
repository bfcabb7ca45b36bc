//! What a press on the board did: where the page leads then, and what it says there.

use actix_web::HttpResponse;
use actix_web::http::header;

use super::board_view::BoardQuery;

/// Declares what a press on the board did: its name in the address, the section of the page in which it was pressed,
/// and what the page says.
macro_rules! done {
    ($($variant:ident $name:literal $section:ident $says:literal,)+) => {
        /// What a press on the board did, as the address of the board says it afterwards.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(super) enum Done { $($variant,)+ }

        impl Done {
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }

            const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Where the page says it, so that it is in view.
            pub const fn section(self) -> Section {
                match self { $(Self::$variant => Section::$section,)+ }
            }

            pub const fn says(self) -> &'static str {
                match self { $(Self::$variant => $says,)+ }
            }
        }
    };
}

done! {
    Started "started" Pupils "The class is open. Pupils can join.",
    Reset "reset" Pupils "The progress was deleted.",
    LessonReset "lesson-reset" Lessons "The progress of all pupils in that lesson was deleted.",
    Removed "removed" Pupils "The pupil was removed, and the progress was deleted.",
    Renamed "renamed" Pupils "The pupil has the new name.",
    Held "held" Held "Held: pupils can no longer see it.",
    Released "released" Held "Released: pupils can see it now.",
    SolutionHeld "solution-held" Lessons "Held: pupils can no longer see the solution of that lesson.",
    SolutionReleased "solution-released" Lessons "Released: pupils can see the solution of that lesson now, after its hints.",
    Opened "opened" Lessons "The lesson is open.",
    Closed "closed" Lessons "The lesson is closed.",
    Ended "ended" Main "The class was ended, and everything about it was deleted.",
    JoiningOpened "joining-opened" Main "Pupils can join.",
    JoiningClosed "joining-closed" Main "Nobody can join now. Pupils who have joined stay.",
    NewCode "new-code" Main "The class has a new code. Nobody can join with the old one. Pupils who have joined stay.",
    Path "path" Lessons "Only the lessons of that path are open.",
    AllOpened "all-opened" Lessons "All lessons are open.",
}

/// A section of the board's page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Main,
    Pupils,
    Held,
    Lessons,
}

impl Section {
    const fn id(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Pupils => "pupils",
            Self::Held => "held",
            Self::Lessons => "lessons",
        }
    }
}

/// Leads back to the section of the board in which something was pressed.
pub(super) fn after(done: Done, view: &BoardQuery) -> HttpResponse {
    let address = view.board_view().address(&format!("done={}", done.name()));
    see_other(format!("{address}#{}", done.section().id()))
}

pub(super) fn see_other(address: String) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish()
}
