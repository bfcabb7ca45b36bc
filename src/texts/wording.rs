//! Lists and counts, as a sentence has them.

/// `a, b and c`.
pub fn listed_with_and(items: &[impl AsRef<str>]) -> String {
    listed(items, "and")
}

/// `a, b or c`.
pub fn listed_with_or(items: &[impl AsRef<str>]) -> String {
    listed(items, "or")
}

fn listed(items: &[impl AsRef<str>], conjunction: &str) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match &items[..] {
        [others @ .., last] if !others.is_empty() => format!("{} {conjunction} {last}", others.join(", ")),
        _ => items.concat(),
    }
}

/// A count with its noun, whose plural ends in `s`: `1 part`, `2 parts`.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_item_of_a_list_follows_the_conjunction() {
        let items = ["a", "b", "c"];
        assert_eq!([0, 1, 2, 3].map(|count| listed_with_and(&items[..count])), ["", "a", "a and b", "a, b and c"]);
        assert_eq!([0, 1, 2, 3].map(|count| listed_with_or(&items[..count])), ["", "a", "a or b", "a, b or c"]);
    }

    #[test]
    fn one_thing_is_one_and_none_are_many() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "part")), ["0 parts", "1 part", "2 parts"]);
    }
}
