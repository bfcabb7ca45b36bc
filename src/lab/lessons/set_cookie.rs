//! What `Set-Cookie` said: one line, piece by piece, and what each piece is for.

use std::fmt;

use super::hints::Open;
use super::press::PressResult;
use super::remark::Remark;

pub const NAME: &str = "lab-set-cookie";

/// A piece of the line, or one that is missing from it.
pub struct Piece {
    /// What a form sends for it.
    pub value: &'static str,
    /// Its text in the line, or the word `no` and what is missing.
    pub text: &'static str,
    pub meaning: &'static str,
}

/// The attributes of the line, in their order.
pub static ATTRIBUTES: [Piece; 3] = [
    Piece {
        value: "http-only",
        text: "HttpOnly",
        meaning: "No script can read the cookie. Requests that a script makes still carry it.",
    },
    Piece {
        value: "same-site",
        text: "SameSite=Lax",
        meaning: "Another site's POST forms, images and frames do not carry it. A link, a GET form or a redirect that \
                  leads the whole page here does.",
    },
    Piece {
        value: "path",
        text: "Path=/lab/lessons/set-cookie",
        meaning: "Only this path and the addresses below it get it. It stops no attack: a script can ask for such an \
                  address.",
    },
];

/// Attributes that the line does not have.
pub static ABSENT: [Piece; 3] = [
    Piece {
        value: "no-max-age",
        text: "no Max-Age",
        meaning: "The browser deletes it when it closes. Some browsers restore it when they open again.",
    },
    Piece {
        value: "no-domain",
        text: "no Domain",
        meaning: "Only the host that set it gets it. With Domain, its subdomains would get it too.",
    },
    Piece {
        value: "no-secure",
        text: "no Secure",
        meaning: "The browser sends it over plain http too. Anyone on that network can read it there.",
    },
];

/// A question: which piece has this effect?
pub struct PieceQuestion {
    /// The field of the form.
    pub field: &'static str,
    pub asks: &'static str,
    answer: &'static str,
}

pub static QUESTIONS: [PieceQuestion; 5] = [
    PieceQuestion { field: "script", asks: "keeps scripts from reading it", answer: "http-only" },
    PieceQuestion { field: "form", asks: "keeps it out of another site’s POST form", answer: "same-site" },
    PieceQuestion { field: "end", asks: "makes it end with the browser", answer: "no-max-age" },
    PieceQuestion { field: "wire", asks: "lets it go over plain http", answer: "no-secure" },
    PieceQuestion { field: "hosts", asks: "keeps it from the host’s subdomains", answer: "no-domain" },
];

pub fn pieces() -> impl Iterator<Item = &'static Piece> {
    ATTRIBUTES.iter().chain(&ABSENT)
}

/// The `Set-Cookie` line exactly as it is sent.
pub fn line(value: &str) -> String {
    let attributes: Vec<&str> = ATTRIBUTES.iter().map(|piece| piece.text).collect();
    format!("{NAME}={value}; {}", attributes.join("; "))
}

/// The piece that answers the question of this field.
pub fn answer(field: &str) -> Option<&'static str> {
    QUESTIONS.iter().find(|question| question.field == field).map(|question| question.answer)
}

/// What the session keeps: the cookie's value, and the fields that were answered rightly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Empty before the cookie was set.
    pub value: String,
    right: Vec<&'static str>,
}

impl Kept {
    /// Reads what [`Self`] displays. What it does not understand is left out.
    pub fn parse(text: &str) -> Self {
        let mut words = text.split(' ');
        let value = words.next().unwrap_or_default().to_owned();
        let field = |word| QUESTIONS.iter().map(|question| question.field).find(|field| *field == word);
        Self { value, right: words.filter_map(field).collect() }
    }

    /// The same cookie with what these answers are worth.
    #[must_use]
    pub fn with(self, remarks: &[Remark]) -> Self {
        let right = QUESTIONS.iter().zip(remarks).filter(|(_, remark)| remark.is_right);
        Self { right: right.map(|(question, _)| question.field).collect(), ..self }
    }

    /// What was chosen in this field, if that was right.
    pub fn chosen(&self, field: &str) -> Option<&'static str> {
        answer(field).filter(|_| self.right.contains(&field))
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value)?;
        self.right.iter().try_for_each(|field| write!(f, " {field}"))
    }
}

/// One remark for each question. `chosen` returns the piece that was chosen in a field.
pub fn judge<'a>(chosen: impl Fn(&str) -> Option<&'a str>) -> Vec<Remark> {
    QUESTIONS.iter().map(|question| question.judge(chosen(question.field))).collect()
}

/// The first question whose answer is missing or wrong.
pub fn open(remarks: &[Remark]) -> Open {
    let questions = QUESTIONS.iter().zip(remarks);
    Open::first(&questions.map(|(question, remark)| (remark.is_right, question.field)).collect::<Vec<_>>())
}

/// The verdict on these remarks: how many parts are done, and a hint about the first that is not.
pub fn verdict(remarks: &[Remark]) -> PressResult {
    let done = remarks.iter().filter(|remark| remark.is_right).count();
    let counted = format!("{done} of {} parts done.", remarks.len());
    match remarks.iter().find(|remark| !remark.is_right) {
        Some(miss) => PressResult::Wrong(format!("{counted} {}", miss.says)),
        None => PressResult::Solved(format!(
            "{counted} You know what each piece of the line does, and what is missing from it."
        )),
    }
}

impl PieceQuestion {
    fn judge(&self, chosen: Option<&str>) -> Remark {
        let piece = chosen.and_then(|value| pieces().find(|piece| piece.value == value));
        match piece {
            None => Remark::miss(format!("Which piece {}? Nothing is chosen there.", self.asks)),
            Some(piece) if piece.value == self.answer => Remark::right(format!("`{}` {}.", piece.text, self.asks)),
            Some(piece) => Remark::miss(format!(
                "`{}` is not the piece that {}. What it does: {}",
                piece.text, self.asks, piece.meaning
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::remark::are_all_right;
    use super::*;

    #[test]
    fn every_question_has_a_piece_for_its_answer() {
        for question in &QUESTIONS {
            assert!(pieces().any(|piece| piece.value == question.answer), "{}", question.field);
        }
        assert!(are_all_right(&judge(|field| QUESTIONS.iter().find(|it| it.field == field).map(|it| it.answer))));
    }

    #[test]
    fn another_piece_is_told_what_it_does_and_no_piece_that_it_is_missing() {
        let remarks = judge(|field| (field == "form").then_some("http-only"));
        assert!(remarks.iter().all(|remark| !remark.is_right));
        assert!(remarks[1].says.contains("`HttpOnly` is not the piece that keeps it out of"), "{}", remarks[1].says);
        assert!(remarks[0].says.contains("Nothing is chosen"));
    }

    #[test]
    fn the_verdict_counts_the_parts_and_hints_at_the_first_that_is_missing() {
        let answer = |field: &str| QUESTIONS.iter().find(|it| it.field == field).map(|it| it.answer);
        let without = |missing: &'static str| verdict(&judge(move |field| answer(field).filter(|_| field != missing)));
        let press = without("wire");
        assert!(
            press.is_wrong() && press.says().starts_with("4 of 5 parts done. Which piece lets it go over"),
            "{press:?}"
        );
        let press = verdict(&judge(|_| Some("path")));
        assert!(press.says().starts_with("0 of 5 parts done. `Path=/lab/lessons/set-cookie` is not"), "{press:?}");
        assert!(without("none").is_solved());
    }

    #[test]
    fn the_right_answers_are_kept_with_the_cookie_and_read_back() {
        let remarks = judge(|field| if field == "end" { Some("path") } else { answer(field) });
        let kept = Kept { value: "0a1b2c3d".to_owned(), ..Kept::default() }.with(&remarks);
        assert_eq!(kept.to_string(), "0a1b2c3d script form wire hosts");
        assert_eq!(Kept::parse(&kept.to_string()), kept);
        assert_eq!((kept.chosen("wire"), kept.chosen("end"), kept.chosen("x")), (Some("no-secure"), None, None));
        assert_eq!(Kept::parse("0a1b2c3d burn"), Kept::parse("0a1b2c3d"));
        assert_eq!(Kept::parse(""), Kept::default());
    }

    #[test]
    fn the_line_has_its_pieces_in_order() {
        let whole = "lab-set-cookie=0a1b; HttpOnly; SameSite=Lax; Path=/lab/lessons/set-cookie";
        assert_eq!(line("0a1b"), whole);
    }
}
