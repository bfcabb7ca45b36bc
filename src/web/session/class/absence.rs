//! Why a browser that has a pupil's cookie is no pupil's any more, and what its pages say of it.

use actix_web::HttpRequest;

use super::Classroom;
use crate::store::StoreError;

/// Why the pupil of a browser's cookie is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Absence {
    /// The class that this browser joined is over.
    Ended,
    /// The teacher removed this pupil, or the pupil left in another tab.
    Removed,
    /// The pupil of this browser came back in another one.
    Elsewhere,
}

impl Absence {
    /// What a page of the lab says to somebody who may think that the class still counts what they do.
    pub const fn says(self) -> &'static str {
        match self {
            Self::Ended => "Your class has ended. What you do now stays in this browser.",
            Self::Removed => {
                "You are no longer in the class: you were removed, or you left it. Your teacher does not see what you do here."
            }
            Self::Elsewhere => {
                "You are no longer in the class here: you came back in another browser. Your teacher does not see what you \
                 do here."
            }
        }
    }
}

impl Classroom {
    /// Why the pupil of the request's cookie is not there. It is for a request whose pupil was looked for already, and
    /// not found. `None` for a browser without such a cookie.
    pub async fn absence(&self, request: &HttpRequest) -> Result<Option<Absence>, StoreError> {
        let Some(cookie) = self.pupil_in(request) else { return Ok(None) };
        if self.store.pupil(&cookie.pupil, self.now()).await?.is_some() {
            return Ok(Some(Absence::Elsewhere));
        }
        let is_open = self.store.class(self.now()).await?.is_some_and(|class| class.id == cookie.class);
        Ok(Some(if is_open { Absence::Removed } else { Absence::Ended }))
    }
}
