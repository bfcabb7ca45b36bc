//! Commands as a page shows them: a long one on several lines, which a shell reads as one.

/// How many characters of a line most pages have room for.
const WIDTH: usize = 60;

/// How many characters a line has at least before it is broken.
const LEAST: usize = 24;

/// The same command with a line end before some of its options and pipes, so that fewer lines are long.
pub(in crate::web) fn in_lines(command: &str) -> String {
    command.split('\n').map(broken).collect::<Vec<_>>().join("\n")
}

fn broken(line: &str) -> String {
    let (mut text, mut width) = (String::new(), 0);
    for piece in pieces(line) {
        if width >= LEAST && width + piece.chars().count() > WIDTH {
            text.push_str(" \\\n ");
            width = 1;
        }
        text.push_str(piece);
        width += piece.chars().count();
    }
    text
}

/// The parts of a line, each of which but the first begins with the space before an option or a pipe.
fn pieces(line: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut quote, mut is_escaped) = (Vec::new(), 0, None, false);
    for (at, c) in line.char_indices() {
        let follows = |next: &str| line[at + 1..].starts_with(next);
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if quote != Some('\'') => is_escaped = true,
            '\'' | '"' if quote == Some(c) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(c),
            ' ' if quote.is_none() && at > start && (follows("-") || follows("| ")) => {
                pieces.push(&line[start..at]);
                start = at;
            }
            _ => {}
        }
    }
    pieces.push(&line[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_is_broken_before_options_and_pipes_and_never_in_quotes() {
        let short = "curl -s http://127.0.0.1:5000/token -u susan:secret";
        assert_eq!(in_lines(short), short);
        let long = "curl -s http://127.0.0.1:5000/token -u susan:secret -H 'Accept: text -html' -d '{\"a\": \"b -c\"}'";
        assert_eq!(
            in_lines(long),
            "curl -s http://127.0.0.1:5000/token -u susan:secret \\\n  -H 'Accept: text -html' -d '{\"a\": \"b -c\"}'"
        );
        let piped = "TOKEN=$(curl -s http://127.0.0.1:5000/oauth/token -d grant_type=client | cut -d'\"' -f4)\ncurl -s";
        assert_eq!(
            in_lines(piped),
            "TOKEN=$(curl -s http://127.0.0.1:5000/oauth/token \\\n  -d grant_type=client | cut -d'\"' -f4)\ncurl -s"
        );
    }

    #[test]
    fn what_has_no_place_for_a_line_end_stays_as_it_is() {
        let word = format!("curl 'http://127.0.0.1:5000/{}'", "a -b".repeat(30));
        for line in [word.as_str(), "", "  -d a \\"] {
            assert_eq!(in_lines(line), line);
        }
    }
}
