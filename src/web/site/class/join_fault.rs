//! What is wrong with a form of `/class`, in the words of the page.

use crate::lab::class::BadPupilName;
use crate::web::http::problem::Problem;
use crate::web::session::class::NotJoined;

/// What is wrong, and with which field.
pub(super) struct JoinFault {
    field: Field,
    pub says: String,
    /// When to try again, in seconds, if the codes of this network came too fast.
    pub retry_after: Option<u64>,
}

#[derive(Clone, Copy)]
enum Field {
    Code,
    /// The code of somebody who comes back.
    Return,
    Name,
}

const NO_CODE: &str = "Type the code of the class.";
const WRONG_CODE: &str = "No class is open with this code. Look at the code again: it has six letters.";
const WRONG_RETURN: &str =
    "This code is wrong, was used before, or is older than ten minutes. Ask your teacher for another one.";
const CLASS_CODE: &str = "A code with six letters is the code of the class. To join, type your name in the form above, with this code. \
                          If you joined before, ask your teacher for a code of your own: it has eight letters.";
const CLASS_CODE_CLOSED: &str = "A code with six letters is the code of the class, and joining is closed. If you joined before, ask your \
                                 teacher for a code of your own: it has eight letters.";
const NO_CLASS: &str = "No class is open now.";
const TOO_OFTEN: &str = "Too many wrong codes came from your network.";
const LINE_IS_FULL: &str = "Your code was not looked at: too many codes come from your network right now.";
const CLOSED: &str = "Joining is closed. Ask your teacher to open it.";
const FULL: &str = "This class has as many pupils as it can have. Ask your teacher.";
const JOINED_TOO_OFTEN: &str = "150 pupils joined from your network within an hour, and no more can with this code. \
                                Ask your teacher for a new code.";

impl JoinFault {
    pub fn of_name(bad: BadPupilName) -> Self {
        Self::of(Field::Name, &bad.to_string())
    }

    pub fn missing_code() -> Self {
        Self::of(Field::Code, NO_CODE)
    }

    pub fn wrong_return() -> Self {
        Self::of(Field::Return, WRONG_RETURN)
    }

    /// The code of the class, where the code of somebody who comes back belongs.
    pub fn class_code(is_closed: bool) -> Self {
        Self::of(Field::Return, if is_closed { CLASS_CODE_CLOSED } else { CLASS_CODE })
    }

    /// No code can be right.
    pub fn no_class(is_return: bool) -> Self {
        Self::of(if is_return { Field::Return } else { Field::Code }, NO_CLASS)
    }

    /// Why somebody did not join, unless something broke.
    pub fn of_joining(why: NotJoined) -> Result<Self, Problem> {
        Self::of_codes(Field::Code, WRONG_CODE, why)
    }

    /// Why somebody did not come back, unless something broke.
    pub fn of_return(why: NotJoined) -> Result<Self, Problem> {
        Self::of_codes(Field::Return, WRONG_RETURN, why)
    }

    fn of_codes(field: Field, wrong: &str, why: NotJoined) -> Result<Self, Problem> {
        Ok(match why {
            NotJoined::WrongCode => Self::of(field, wrong),
            NotJoined::TooManyWrongCodes { retry_after } => {
                let when = format!("Other codes are looked at again in {}.", in_words(retry_after));
                let says = format!("{wrong} {TOO_OFTEN} You can try the right code at once. {when}");
                Self { field, says, retry_after: Some(retry_after) }
            }
            NotJoined::QueueIsFull { retry_after } => Self::later(field, LINE_IS_FULL, retry_after),
            NotJoined::JoinedTooOften { retry_after } => Self::later(field, JOINED_TOO_OFTEN, retry_after),
            NotJoined::Closed => Self::of(field, CLOSED),
            NotJoined::Full => Self::of(field, FULL),
            NotJoined::Problem(problem) => return Err(problem),
        })
    }

    fn of(field: Field, says: &str) -> Self {
        Self { field, says: says.to_owned(), retry_after: None }
    }

    fn later(field: Field, says: &str, retry_after: u64) -> Self {
        let says = format!("{says} Try again in {}.", in_words(retry_after));
        Self { field, says, retry_after: Some(retry_after) }
    }

    pub const fn is_of_code(&self) -> bool {
        matches!(self.field, Field::Code)
    }

    pub const fn is_of_return(&self) -> bool {
        matches!(self.field, Field::Return)
    }

    pub const fn is_of_name(&self) -> bool {
        matches!(self.field, Field::Name)
    }
}

/// Minutes are rounded up.
fn in_words(seconds: u64) -> String {
    match seconds {
        1 => "1 second".to_owned(),
        2..=120 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}
