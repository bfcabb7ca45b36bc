//! The numbers that tell pupils of one name apart. A pupil keeps theirs for as long as they have the name, also when
//! another pupil leaves.

use std::collections::HashSet;

use super::Pupil;
use super::names::look_of;

/// A name with the number of its pupil: the first of several is called `Ada`, and the next `Ada (2)`.
pub(super) fn numbered(name: &str, number: i64) -> String {
    if number > 1 { format!("{name} ({number})") } else { name.to_owned() }
}

/// The least number with which a new name looks like none that is shown for these names and their numbers.
pub fn free_number(name: &str, others: &[(String, i64)]) -> i64 {
    let others: Vec<_> = others.iter().map(|(name, number)| (name.as_str(), *number)).collect();
    let shown = shown_names_of(&others);
    least_number(name, &shown.iter().map(|name| look_of(name)).collect())
}

/// The pupils' names, each once, however they are written.
pub fn shown_names(pupils: &[Pupil]) -> Vec<String> {
    shown_names_of(&pupils.iter().map(|pupil| (pupil.name.as_str(), pupil.number)).collect::<Vec<_>>())
}

/// A pupil who joined before an upgrade has no number yet, and is shown with the next that is free.
fn shown_names_of(names: &[(&str, i64)]) -> Vec<String> {
    let has_number = |(_, number): &&(&str, i64)| *number > 0;
    let mut taken: HashSet<_> =
        names.iter().filter(has_number).map(|(name, number)| look_of(&numbered(name, *number))).collect();
    let shown = names.iter().map(|&(name, number)| {
        let number = if number > 0 { number } else { least_number(name, &taken) };
        let shown = numbered(name, number);
        taken.insert(look_of(&shown));
        shown
    });
    shown.collect()
}

/// One more number than there are looks is enough.
fn least_number(name: &str, taken: &HashSet<String>) -> i64 {
    let is_free = |number: &i64| !taken.contains(&look_of(&numbered(name, *number)));
    (1..).take(taken.len() + 1).find(is_free).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pupils_with_one_name_are_told_apart() {
        for (given, shown) in [
            (["Ada", "Bob", "Ada"], ["Ada", "Bob", "Ada (2)"]),
            (["Ada", "Ada", "Ada"], ["Ada", "Ada (2)", "Ada (3)"]),
            (["Ada", "Ada", "Ada (2)"], ["Ada", "Ada (2)", "Ada (2) (2)"]),
            (["Ada", "Ada (2)", "Ada"], ["Ada", "Ada (2)", "Ada (3)"]),
            (["Ada", "ADA", "ada (2)"], ["Ada", "ADA (2)", "ada (2) (2)"]),
            (["Zoë", "Z\u{200d}oë", "Ｚｏｅ\u{308}"], ["Zoë", "Z\u{200d}oë (2)", "Ｚｏｅ\u{308} (3)"]),
        ] {
            assert_eq!(shown_names_of(&given.map(|name| (name, 0))), shown, "without numbers");
            let mut others: Vec<(String, i64)> = Vec::new();
            for name in given {
                others.push((name.to_owned(), free_number(name, &others)));
            }
            let others: Vec<_> = others.iter().map(|(name, number)| (name.as_str(), *number)).collect();
            assert_eq!(shown_names_of(&others), shown, "with the number that each got at joining");
        }
    }

    #[test]
    fn a_number_stays_when_another_pupil_leaves_and_a_free_one_is_given_again() {
        let left = [("Ada", 2), ("Ada", 3)];
        assert_eq!(shown_names_of(&left), ["Ada (2)", "Ada (3)"]);
        let left = left.map(|(name, number)| (name.to_owned(), number));
        assert_eq!((free_number("ada", &left), free_number("Ada (2)", &left), free_number("Bob", &left)), (1, 2, 1));
    }

    #[test]
    fn whoever_has_no_number_takes_none_of_another() {
        assert_eq!(
            shown_names_of(&[("Ada", 0), ("Ada", 1), ("Ada", 2), ("Ada", 0)]),
            ["Ada (3)", "Ada", "Ada (2)", "Ada (4)"]
        );
    }
}
