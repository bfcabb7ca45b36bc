//! How far a visitor came in the lab: what is kept of each lesson, and which attacks were tried.
//!
//! Lessons and attacks are kept under their keys of two letters. A key is declared beside its lesson or attack and
//! never changes, so whatever is added, removed or moved, what a browser kept means what it meant before. Slugs would
//! do too, but all of them together would fill a third of a cookie.

use super::lessons::hints::OpenedHints;

const LETTERS: usize = 2;

/// The most tries that are counted of one lesson: one digit in base 36.
const MOST_TRIES: u8 = 35;

/// How many digits in base 36 say which hints were opened.
const HINT_DIGITS: usize = 2;

const BASE: u32 = 36;

/// The progress of one visitor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    lessons: Vec<(String, LessonProgress)>,
    tried: KeySet,
}

/// What is kept of one lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LessonProgress {
    pub prediction: Prediction,
    /// Answers that did not solve it.
    pub tries: u8,
    pub hints: OpenedHints,
    pub is_solved: bool,
}

/// What a visitor predicted before the task appeared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Prediction {
    #[default]
    None,
    Skipped,
    /// The value of the choice.
    Choice(String),
}

impl LessonProgress {
    /// Counts a wrong answer. What somebody tries after they solved the lesson was no try to solve it.
    pub fn count_try(&mut self) {
        if !self.is_solved {
            self.tries = MOST_TRIES.min(self.tries + 1);
        }
    }

    /// Adds what one request changed, from `before` to `after`. Another request may have changed this meanwhile, and
    /// neither undoes what the other did:
    ///
    /// - What is solved stays solved.
    /// - The first prediction counts.
    /// - Each try counts.
    /// - A hint that two tabs opened at once counts once.
    pub fn add(&mut self, before: &Self, after: &Self) {
        self.is_solved |= after.is_solved && !before.is_solved;
        self.tries = MOST_TRIES.min(self.tries + after.tries.saturating_sub(before.tries));
        self.hints = self.hints.and(after.hints.without(before.hints));
        if after.prediction != before.prediction && !matches!(self.prediction, Prediction::Choice(_)) {
            self.prediction = after.prediction.clone();
        }
    }
}

impl Progress {
    /// What is kept of the lesson with this key.
    pub fn lesson(&self, key: &str) -> LessonProgress {
        self.lessons.iter().find(|(own, _)| own == key).map(|(_, kept)| kept.clone()).unwrap_or_default()
    }

    pub fn has_solved(&self, key: &str) -> bool {
        self.lesson(key).is_solved
    }

    pub fn keep_lesson(&mut self, key: &str, lesson: LessonProgress) {
        match self.lessons.iter_mut().find(|(own, _)| own == key) {
            Some((_, kept)) => *kept = lesson,
            None => self.lessons.push((key.to_owned(), lesson)),
        }
    }

    /// Forgets one lesson.
    pub fn forget_lesson(&mut self, key: &str) {
        self.lessons.retain(|(own, _)| own != key);
    }

    /// Whether an attack with this key was tried.
    pub fn has_tried(&self, key: &str) -> bool {
        self.tried.contains(key)
    }

    pub fn keep_tried(&mut self, key: &str) {
        self.tried.insert(key);
    }

    /// The progress as text, of letters, digits and `._-~` alone: the lessons, and after `~` the keys of the attacks. A
    /// lesson is its key, `s` if it is solved or `o`, its tries in base 36, and the prediction, which is `_` if it was
    /// skipped. Where hints were opened, the letter is `T` or `P` instead, and two digits in base 36 follow the tries:
    /// a bit for each hint.
    pub fn to_text(&self) -> String {
        let lessons: Vec<String> = self.lessons.iter().map(|(key, kept)| kept.to_text(key)).collect();
        format!("{}~{}", lessons.join("."), self.tried.0)
    }

    /// Reads such a text. What it does not understand is left out.
    pub fn parse(text: &str) -> Self {
        let (lessons, tried) = text.split_once('~').unwrap_or((text, ""));
        let is_key = |key: &[u8]| key.len() == LETTERS && key.iter().all(u8::is_ascii_lowercase);
        let tried = if tried.as_bytes().chunks(LETTERS).all(is_key) { tried } else { "" };
        Self {
            lessons: lessons.split('.').filter_map(LessonProgress::parse).collect(),
            tried: KeySet(tried.to_owned()),
        }
    }
}

impl LessonProgress {
    fn to_text(&self, key: &str) -> String {
        let (state, hints) = match (self.is_solved, self.hints.bits()) {
            (true, 0) => ('s', String::new()),
            (true, bits) => ('T', in_base_36(bits)),
            (false, 0) => ('o', String::new()),
            (false, bits) => ('P', in_base_36(bits)),
        };
        let tries = digit(self.tries.min(MOST_TRIES).into());
        let prediction = match &self.prediction {
            Prediction::None => "",
            Prediction::Skipped => "_",
            Prediction::Choice(value) => value,
        };
        format!("{key}{state}{tries}{hints}{prediction}")
    }

    fn parse(text: &str) -> Option<(String, Self)> {
        let (key, rest) =
            text.split_at_checked(LETTERS).filter(|(key, _)| key.bytes().all(|it| it.is_ascii_lowercase()))?;
        let mut characters = rest.chars();
        let state = characters.next()?;
        let tries = u8::try_from(characters.next()?.to_digit(BASE)?).ok()?;
        let (is_solved, hints) = match state {
            's' | 'o' => (state == 's', OpenedHints::default()),
            'T' | 'P' => {
                let (digits, rest) = characters.as_str().split_at_checked(HINT_DIGITS)?;
                characters = rest.chars();
                (state == 'T', OpenedHints::of_bits(u16::from_str_radix(digits, BASE).ok()?))
            }
            _ => return None,
        };
        let prediction = match characters.as_str() {
            "" => Prediction::None,
            "_" => Prediction::Skipped,
            value => Prediction::Choice(value.to_owned()),
        };
        Some((key.to_owned(), Self { prediction, tries, hints, is_solved }))
    }
}

/// Two digits. More bits than fit there are not kept.
fn in_base_36(bits: u16) -> String {
    let bits = u32::from(bits);
    [bits / BASE % BASE, bits % BASE].map(digit).iter().collect()
}

fn digit(value: u32) -> char {
    char::from_digit(value, BASE).unwrap_or('0')
}

/// A set of keys, stored as one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct KeySet(String);

impl KeySet {
    fn contains(&self, key: &str) -> bool {
        self.0.as_bytes().chunks(LETTERS).any(|it| it == key.as_bytes())
    }

    fn insert(&mut self, key: &str) {
        if !self.contains(key) {
            self.0.push_str(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::attacks::Attack;
    use crate::lab::lessons::LESSONS;

    #[test]
    fn every_key_has_two_letters_and_every_prediction_fits_the_text() {
        let keys = LESSONS.iter().map(|lesson| lesson.key).chain(Attack::all().map(|attack| attack.key));
        for key in keys {
            assert!(key.len() == LETTERS && key.bytes().all(|byte| byte.is_ascii_lowercase()), "{key}");
        }
        for choice in LESSONS.iter().flat_map(|lesson| &lesson.question.choices) {
            let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
            assert!(choice.value.bytes().all(is_plain), "{}", choice.value);
        }
    }

    #[test]
    fn the_text_gives_back_what_was_kept() {
        let mut progress = Progress::default();
        let hints = OpenedHints::default();
        let lesson = |prediction, tries, is_solved| LessonProgress { prediction, tries, hints, is_solved };
        progress.keep_lesson("an", lesson(Prediction::Choice("name-and-value".to_owned()), 3, false));
        progress.keep_lesson("sc", lesson(Prediction::Skipped, 35, true));
        progress.keep_lesson("no", lesson(Prediction::None, 0, false));
        progress.keep_lesson("an", lesson(Prediction::Choice("none".to_owned()), 4, true));
        let hints = OpenedHints::of_bits(0b10_0001);
        progress.keep_lesson("ta", LessonProgress { hints, ..lesson(Prediction::None, 1, true) });
        let hints = OpenedHints::of_bits(u16::MAX);
        progress.keep_lesson("lo", LessonProgress { hints, ..lesson(Prediction::Choice("2".to_owned()), 0, false) });
        for key in ["or", "cs", "or"] {
            progress.keep_tried(key);
        }
        assert_eq!(progress.to_text(), "ans4none.scsz_.noo0.taT10x.loP0sf2~orcs");
        assert_eq!(Progress::parse(&progress.to_text()), progress);
        assert!(progress.has_solved("an") && !progress.has_solved("no") && !progress.has_solved("xx"));
        assert!(progress.has_tried("cs") && !progress.has_tried("rc"), "a key begins where a key begins");
    }

    #[test]
    fn what_is_not_understood_is_left_out() {
        for text in
            ["", "~", "a", "ans", "anx0", "an😀", "ANs0", "taS12", "loO092", "ans~", "~orc", "~or c", "...", "é~é"]
        {
            assert_eq!(Progress::parse(text), Progress::default(), "{text}");
        }
        assert!(Progress::parse("zz.ans0.q").has_solved("an"));
    }

    #[test]
    fn a_lesson_without_opened_hints_has_no_digits_for_them() {
        let kept = Progress::parse("ans42.scsz_.noo0~orcs");
        let hints = OpenedHints::default();
        let anatomy =
            LessonProgress { prediction: Prediction::Choice("2".to_owned()), tries: 4, hints, is_solved: true };
        assert_eq!((kept.lesson("an"), kept.lesson("no").hints), (anatomy, hints));
    }

    #[test]
    fn more_tries_than_one_digit_tells_are_the_largest_digit_and_a_hint_counts_once() {
        let mut lesson = LessonProgress::default();
        (0..100).for_each(|_| lesson.count_try());
        assert_eq!(lesson.to_text("an"), "anoz");
        (0..100).for_each(|_| lesson.hints.open(1));
        assert_eq!((lesson.to_text("an").as_str(), lesson.hints.count()), ("anPz02", 1));
    }

    #[test]
    fn two_requests_at_once_undo_nothing_of_each_other() {
        let before = LessonProgress { tries: 1, hints: OpenedHints::first(1), ..LessonProgress::default() };
        let solved = LessonProgress { is_solved: true, ..before.clone() };
        let mut wrong = before.clone();
        wrong.count_try();
        let mut helped = before.clone();
        helped.hints.open(1);
        let predicted =
            |value: &str| LessonProgress { prediction: Prediction::Choice(value.to_owned()), ..before.clone() };
        let skipped = LessonProgress { prediction: Prediction::Skipped, ..before.clone() };
        let mut kept = before.clone();
        for after in [&solved, &wrong, &wrong, &helped, &helped, &skipped, &predicted("a"), &predicted("b"), &skipped] {
            kept.add(&before, after);
        }
        let prediction = Prediction::Choice("a".to_owned());
        assert_eq!(kept, LessonProgress { prediction, tries: 3, hints: OpenedHints::first(2), is_solved: true });
    }

    #[test]
    fn a_request_that_began_before_a_reset_brings_back_only_what_it_did_itself() {
        let hints = OpenedHints::first(3);
        let before = LessonProgress { tries: 5, hints, is_solved: true, prediction: Prediction::Skipped };
        let mut after = before.clone();
        after.tries += 1;
        after.hints.open(3);
        let mut kept = LessonProgress::default();
        kept.add(&before, &after);
        let hints = OpenedHints::of_bits(0b1000);
        assert_eq!(kept, LessonProgress { tries: 1, hints, ..LessonProgress::default() });
    }

    #[test]
    fn the_whole_progress_fits_a_cookie_three_times() {
        let mut progress = Progress::default();
        for lesson in LESSONS.iter() {
            let longest = lesson.question.choices.iter().map(|choice| choice.value).max_by_key(|it| it.len()).unwrap();
            let prediction = Prediction::Choice(longest.to_owned());
            let hints = OpenedHints::of_bits(u16::MAX);
            progress.keep_lesson(lesson.key, LessonProgress { prediction, tries: 35, hints, is_solved: true });
        }
        Attack::all().for_each(|attack| progress.keep_tried(attack.key));
        let bytes = progress.to_text().len();
        assert!(bytes < 1300, "{bytes} bytes");
    }
}
