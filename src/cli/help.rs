//! The layout of `--help`: usage, commands, options under their headings and examples, within 80 columns.
//!
//! At this width, clap's own layout puts each description on lines of its own, and the settings fill three screens.
//! This layout has two columns. It reads the declaration of the commands, as the manual pages do.

use std::fmt::{Display, Write as _};

use clap::builder::styling::{AnsiColor, Style, Styles};
use clap::builder::{Resettable, StyledStr};
use clap::{Arg, Command};

/// How wide help and error messages are at most.
pub(super) const WIDTH: usize = 80;

/// How wide an option and its value are at most; a wider one has its description on the next line.
const WIDEST_OPTION: usize = 27;

/// Options without a heading of their own.
const OTHERS: &str = "Options";

/// The styles of help and of clap's errors. They reach terminals only.
pub(super) const STYLES: Styles = Styles::styled()
    .header(Style::new().bold())
    .usage(Style::new().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(Style::new().dimmed());

/// The command and those below it with this layout. They have been built.
pub(super) fn laid_out(command: Command) -> Command {
    let mut command = command.mut_args(without_two_lengths);
    let usage = command.render_usage();
    let mut page = Page::default();
    page.paragraph(&text(command.get_about()));
    page.line(&usage.ansi());
    page.commands(&command);
    page.options(&command);
    page.sections(&text(command.get_after_help()));
    command.override_help(StyledStr::from(page.0)).mut_subcommands(laid_out)
}

/// clap says of `-h` and `--help` that they differ, and here they don't.
fn without_two_lengths(arg: Arg) -> Arg {
    if arg.get_id() == "help" { arg.help("Print help").long_help(Resettable::Reset) } else { arg }
}

/// The sections of a command's text after its options, each a title and its lines. A title ends with a colon, and its
/// lines are indented.
pub(super) fn sections(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.trim_end().split("\n\n").filter_map(|section| section.split_once(":\n"))
}

fn text(styled: Option<&StyledStr>) -> String {
    styled.map(ToString::to_string).unwrap_or_default()
}

/// A name, what it takes, and what it is for.
struct Row {
    name: String,
    value: String,
    says: String,
}

impl Row {
    fn of_command(command: &Command) -> Self {
        Self { name: command.get_name().to_owned(), value: String::new(), says: text(command.get_about()) }
    }

    fn of_argument(arg: &Arg) -> Self {
        let shown = arg.to_string();
        let (long, value) = shown.split_once(' ').unwrap_or((&shown, ""));
        let short = arg.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
        let says = [text(arg.get_help()), listed("default", &default(arg)), listed("accepted", &possible(arg))];
        let says = says.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        Self { name: short + long, value: value.to_owned(), says }
    }

    fn width(&self) -> usize {
        let space = usize::from(!self.value.is_empty());
        self.name.chars().count() + space + self.value.chars().count()
    }
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_num_args().is_some_and(|count| count.takes_values())
}

fn default(arg: &Arg) -> Vec<String> {
    let values = arg.get_default_values().iter().filter(|_| takes_value(arg) && !arg.is_hide_default_value_set());
    values.map(|value| value.to_string_lossy().into_owned()).collect()
}

fn possible(arg: &Arg) -> Vec<String> {
    arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect()
}

fn listed(what: &str, values: &[String]) -> String {
    if values.is_empty() { String::new() } else { format!("[{what}: {}]", values.join(", ")) }
}

/// The text so far, with its styles as escape sequences.
#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, line: &dyn Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{line}");
    }

    fn paragraph(&mut self, text: &str) {
        for line in wrapped(text, WIDTH) {
            self.line(&line);
        }
        self.line(&"");
    }

    fn heading(&mut self, heading: &str) {
        let style = STYLES.get_header();
        self.line(&format_args!("\n{style}{heading}:{style:#}"));
    }

    fn commands(&mut self, command: &Command) {
        let rows: Vec<Row> = command.get_subcommands().filter(|it| !it.is_hide_set()).map(Row::of_command).collect();
        self.table("Commands", &rows, widest(&rows));
    }

    /// The options of a heading stand together; those without one, such as `--help`, come last.
    fn options(&mut self, command: &Command) {
        let shown = || command.get_arguments().filter(|arg| !arg.is_hide_set());
        let heading = |arg: &Arg| match arg.get_help_heading() {
            _ if arg.is_positional() => "Arguments".to_owned(),
            Some(heading) => heading.to_owned(),
            None => OTHERS.to_owned(),
        };
        let width = widest(&shown().map(Row::of_argument).collect::<Vec<_>>());
        let mut headings: Vec<String> = Vec::new();
        for heading in shown().map(heading) {
            if !headings.contains(&heading) {
                headings.push(heading);
            }
        }
        headings.sort_by_key(|heading| heading == OTHERS);
        for name in headings {
            let rows: Vec<Row> = shown().filter(|arg| heading(arg) == name).map(Row::of_argument).collect();
            self.table(&name, &rows, width);
        }
    }

    fn table(&mut self, heading: &str, rows: &[Row], width: usize) {
        if rows.is_empty() {
            return;
        }
        self.heading(heading);
        for row in rows {
            self.row(row, width);
        }
    }

    fn row(&mut self, row: &Row, width: usize) {
        let (literal, placeholder) = (STYLES.get_literal(), STYLES.get_placeholder());
        let space = if row.value.is_empty() { "" } else { " " };
        let Row { name, value, .. } = row;
        let start = format!("  {literal}{name}{literal:#}{space}{placeholder}{value}{placeholder:#}");
        let mut says = wrapped(&row.says, WIDTH - width - 4);
        match width.checked_sub(row.width()) {
            Some(gap) if !says.is_empty() => {
                let first = says.remove(0);
                self.line(&format_args!("{start}{:gap$}  {first}", ""));
            }
            _ => self.line(&start),
        }
        for line in says {
            self.line(&format_args!("{:width$}    {line}", ""));
        }
    }

    fn sections(&mut self, text: &str) {
        for (title, lines) in sections(text) {
            self.heading(title);
            self.line(&lines);
        }
    }
}

/// The widest row that is no wider than the column.
fn widest(rows: &[Row]) -> usize {
    rows.iter().map(Row::width).filter(|width| *width <= WIDEST_OPTION).max().unwrap_or_default()
}

/// The words in lines of at most this width. A default stays in one line if it fits one.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let (text, default) = text.rsplit_once(" [").filter(|(_, rest)| rest.ends_with(']')).unwrap_or((text, ""));
    let default = if default.is_empty() { String::new() } else { format!("[{default}") };
    let whole = if default.chars().count() <= width { vec![default.as_str()] } else { words(&default).collect() };
    let mut lines: Vec<String> = Vec::new();
    for word in words(text).chain(whole).filter(|word| !word.is_empty()) {
        match lines.last_mut().filter(|line| line.chars().count() + 1 + word.chars().count() <= width) {
            Some(line) => *line = format!("{line} {word}"),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_and_a_long_one_has_its_own_line() {
        assert_eq!(wrapped("a bb ccc dddd", 4), ["a bb", "ccc", "dddd"]);
        assert_eq!(wrapped(" long-word x", 4), ["long-word", "x"]);
        assert_eq!(wrapped("", 4), Vec::<String>::new());
        assert_eq!(wrapped("ab c [default: d e]", 14), ["ab c", "[default: d e]"]);
        assert_eq!(wrapped("ab c [default: d e]", 13), ["ab c", "[default: d", "e]"]);
    }

    #[test]
    fn a_section_is_a_title_with_a_colon_and_the_lines_under_it() {
        let text = "Examples:\n  a: b\n  c\n\nNotes:\n  d\n";
        assert_eq!(sections(text).collect::<Vec<_>>(), [("Examples", "  a: b\n  c"), ("Notes", "  d")]);
    }
}
