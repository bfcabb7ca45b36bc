//! Markdown, rendered once: a page shows the HTML, and everything else reads the Markdown.

use std::fmt::{self, Display, Formatter};
use std::ops::Range;

use super::punctuation;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, TextMergeStream, html};

/// A text with its markup. It displays as HTML in which everything is escaped that the text itself says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prose {
    markdown: String,
    html: String,
    plain: String,
    /// Whether it is one paragraph, without the element around it.
    is_paragraph: bool,
}

/// A link that a run of text gets: the bytes that it covers, and its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextLink {
    pub covers: Range<usize>,
    pub address: String,
}

impl Prose {
    /// One paragraph, without the element around it; or why the text is not one.
    pub(super) fn paragraph(markdown: &str) -> Result<Self, &'static str> {
        let events: Vec<Event> = typographic(markdown).collect();
        let is_paragraph = matches!(events.first(), Some(Event::Start(Tag::Paragraph)))
            && events.iter().filter(|event| is_start_of_block(event)).count() == 1;
        if !is_paragraph {
            return Err("there must be one paragraph here, and nothing else");
        }
        Ok(Self::of(markdown, events, true))
    }

    /// One paragraph of several.
    pub fn joined<'a>(paragraphs: impl Iterator<Item = &'a Self>) -> Self {
        let markdown = paragraphs.map(Self::markdown).collect::<Vec<_>>().join(" ");
        Self::of(&markdown, typographic(&markdown).collect(), true)
    }

    /// Any number of paragraphs, lists and other blocks.
    pub(super) fn blocks(markdown: &str) -> Self {
        Self::of(markdown, typographic(markdown).collect(), false)
    }

    fn of(markdown: &str, events: Vec<Event<'_>>, is_paragraph: bool) -> Self {
        let plain = as_written(markdown).filter_map(|event| text_of(&event).map(str::to_owned)).collect();
        Self { markdown: markdown.to_owned(), html: html_of(events, is_paragraph), plain, is_paragraph }
    }

    /// The same text with links. `find` is asked for the links of each run of text, in order and without overlap. Code
    /// and what is a link already get none.
    #[must_use]
    pub fn linked(&self, mut find: impl FnMut(&str) -> Vec<TextLink>) -> Self {
        let mut linked = Vec::new();
        let mut open_links = 0;
        for event in typographic(&self.markdown) {
            match &event {
                Event::Start(Tag::Link { .. }) => open_links += 1,
                Event::End(TagEnd::Link) => open_links -= 1,
                _ => {}
            }
            match event {
                Event::Text(text) if open_links == 0 => push_linked(&mut linked, &text, find(&text)),
                other => linked.push(other),
            }
        }
        Self { html: html_of(linked, self.is_paragraph), ..self.clone() }
    }

    /// The text as it was written.
    pub fn markdown(&self) -> &str {
        &self.markdown
    }

    /// The text without its markup, with the quotes that a terminal and a program can rely on.
    pub fn plain(&self) -> &str {
        &self.plain
    }
}

impl Display for Prose {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.html)
    }
}

/// What Markdown says, with its quotes as they were written.
fn as_written(markdown: &str) -> impl Iterator<Item = Event<'_>> {
    events(markdown, Options::empty())
}

/// The same with the quotes of a book, for pages. Code keeps its own.
fn typographic(markdown: &str) -> impl Iterator<Item = Event<'_>> {
    events(markdown, Options::ENABLE_SMART_PUNCTUATION)
}

/// HTML in Markdown is taken as text: no file can bring an element of its own into a page.
fn events(markdown: &str, options: Options) -> impl Iterator<Item = Event<'_>> {
    TextMergeStream::new(Parser::new_ext(markdown, options).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::SoftBreak => Event::Text(" ".into()),
        other => other,
    }))
}

fn html_of(mut events: Vec<Event<'_>>, is_paragraph: bool) -> String {
    if is_paragraph {
        events.retain(|event| !matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph)));
    }
    let mut html = String::new();
    html::push_html(&mut html, punctuated(events).into_iter().map(escaped));
    html
}

/// The same with an element around each piece of code that stays with the mark after it.
pub fn punctuated(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let mut kept: Vec<Event<'_>> = Vec::with_capacity(events.len());
    for event in events {
        let mark = match (kept.last(), &event) {
            (Some(Event::Code(code)), Event::Text(text)) => punctuation::mark_after(code, text),
            _ => None,
        };
        let Some((mark, rest)) = mark.map(|(mark, rest)| (mark.to_owned(), rest.to_owned())) else {
            kept.push(event);
            continue;
        };
        kept.insert(kept.len() - 1, Event::InlineHtml(punctuation::START.into()));
        let end = Event::InlineHtml(punctuation::END.into());
        kept.extend([Event::Text(mark.into()), end, Event::Text(rest.into())]);
    }
    kept
}

/// Adds a run of text with its links.
fn push_linked(events: &mut Vec<Event<'_>>, text: &str, links: Vec<TextLink>) {
    let mut written = 0;
    for TextLink { covers, address } in links {
        events.push(Event::Text(text[written..covers.start].to_owned().into()));
        let link = format!(
            "<a class=\"term\" href=\"{}\" target=\"_blank\">{}</a>",
            escape(&address),
            escape(&text[covers.clone()])
        );
        events.push(Event::InlineHtml(link.into()));
        written = covers.end;
    }
    events.push(Event::Text(text[written..].to_owned().into()));
}

const fn is_start_of_block(event: &Event<'_>) -> bool {
    matches!(event, Event::Start(tag) if !matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Link { .. }))
}

fn text_of<'e>(event: &'e Event<'_>) -> Option<&'e str> {
    match event {
        Event::Text(text) | Event::Code(text) => Some(text),
        _ => None,
    }
}

/// Text is escaped as the templates escape it, so that a word looks the same wherever it comes from.
fn escaped(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Text(text) => Event::InlineHtml(escape(&text)),
        Event::Code(text) => Event::InlineHtml(format!("<code>{}</code>", escape(&text)).into()),
        other => other,
    }
}

pub(super) fn escape(text: &str) -> CowStr<'static> {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '&' | '\'' | '<' | '>' => {
                escaped.push_str("&#");
                escaped.push_str(&u32::from(character).to_string());
                escaped.push(';');
            }
            other => escaped.push(other),
        }
    }
    escaped.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_names_of_buttons_are_marked_and_the_rest_is_escaped() {
        let prose = Prose::paragraph("Press *Don't* `<a>` & \"b\".").unwrap();
        let html = "Press <em>Don’t</em> <code>&#60;a&#62;</code> &#38; “b”.";
        assert_eq!(prose.to_string(), html);
        assert_eq!((prose.plain(), prose.markdown()), ("Press Don't <a> & \"b\".", "Press *Don't* `<a>` & \"b\"."));
    }

    #[test]
    fn a_name_with_underscores_is_not_strong() {
        assert_eq!(Prose::paragraph("choose *__Host-* and").unwrap().to_string(), "choose <em>__Host-</em> and");
    }

    #[test]
    fn markup_in_a_file_is_shown_as_text() {
        assert_eq!(Prose::paragraph("a <b>c</b>").unwrap().to_string(), "a &#60;b&#62;c&#60;/b&#62;");
        assert!(!Prose::blocks("<script>\n\na").to_string().contains("<script"));
    }

    #[test]
    fn running_text_gets_links_and_code_and_links_do_not() {
        let prose = Prose::paragraph("A key and\na `key`, [a key](/x) & *key*.").unwrap();
        let linked = prose.linked(|text| match text.find("key") {
            Some(start) => vec![TextLink { covers: start..start + 3, address: "/k".to_owned() }],
            None => Vec::new(),
        });
        let link = "<a class=\"term\" href=\"/k\" target=\"_blank\">key</a>";
        let code = "<span class=\"punctuated\"><code>key</code>,</span>";
        let html = format!("A {link} and a {code} <a href=\"/x\">a key</a> &#38; <em>{link}</em>.");
        assert_eq!((linked.to_string(), linked.plain()), (html, prose.plain()));
    }

    #[test]
    fn what_is_not_one_paragraph_is_refused() {
        for text in ["", "- a", "# a", "a\n\nb", "1. a", "> a"] {
            assert!(Prose::paragraph(text).is_err(), "{text}");
        }
    }
}
