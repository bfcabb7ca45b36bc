//! One Markdown file as HTML that fits into a page of this site.

use std::collections::BTreeMap;

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use crate::texts::punctuated;

/// The page whose tables of settings have a look of their own on phones: flag, variable, default, and what it sets.
const SETTINGS: &str = "docs/settings.md";
const SETTING_COLUMNS: usize = 4;

/// How many columns a table has at least, whose cells are made small so that a desktop shows all of them.
const MANY_COLUMNS: usize = 6;

/// A page of the manual, ready for its template.
pub(super) struct Rendered {
    pub title: String,
    /// The sentence under the title, as HTML.
    pub lead: String,
    /// The same sentence as text.
    pub summary: String,
    pub sections: Vec<Section>,
    /// Everything after title and sentence.
    pub html: String,
}

/// A section of the second level, for the list of contents.
pub(super) struct Section {
    pub id: String,
    pub title: String,
}

/// How many columns a table has at least that name each cell on phones, where a row is a block. Of two columns, the
/// second says what the first is.
const LABELLED_COLUMNS: usize = 3;

/// Renders the text of `file`. `address_of` gives the address of the page that is written in a file, if there is one.
pub(super) fn render(file: &str, text: &str, address_of: fn(&str) -> Option<String>) -> Rendered {
    let mut events = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_SMART_PUNCTUATION);
    let mut page = Renderer::new(file, address_of);
    while let Some(event) = events.next() {
        page.event(event, &mut events);
    }
    page.finish()
}

/// A page while its events are read.
struct Renderer<'a, 'e> {
    file: &'a str,
    address_of: fn(&str) -> Option<String>,
    title: String,
    sections: Vec<Section>,
    lead: Vec<Event<'e>>,
    body: Vec<Event<'e>>,
    /// Whether the link that began last leads to no page, so that its end is left out like its start.
    drops_link: bool,
    /// How often each id and each label was wanted, for no two on a page may be the same.
    counts: BTreeMap<String, usize>,
    /// The table that is being read.
    table: Labels,
}

/// The names of a table's columns, which a phone shows beside each cell.
#[derive(Default)]
struct Labels {
    names: Vec<String>,
    is_head: bool,
    column: usize,
    /// Whether its cells have names.
    are_shown: bool,
}

impl Labels {
    /// The start of the cell of the body that comes now, if it has a name.
    fn next_cell(&mut self) -> Option<String> {
        let column = self.column;
        self.column += 1;
        let name = self.names.get(column).filter(|_| self.are_shown && column > 0)?;
        Some(format!("<td data-label=\"{}\">", attribute(name)))
    }
}

impl<'a, 'e> Renderer<'a, 'e> {
    fn new(file: &'a str, address_of: fn(&str) -> Option<String>) -> Self {
        Self {
            file,
            address_of,
            title: String::new(),
            sections: Vec::new(),
            lead: Vec::new(),
            body: Vec::new(),
            drops_link: false,
            counts: BTreeMap::new(),
            table: Labels::default(),
        }
    }

    /// Takes one event, and of `events` those up to the end of a heading or of the lead.
    fn event(&mut self, event: Event<'e>, events: &mut Parser<'e>) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let content = events.take_while(|it| !matches!(it, Event::End(TagEnd::Heading(_)))).collect();
                self.heading(level, content);
            }
            Event::Start(Tag::Paragraph) if self.lead.is_empty() && self.body.is_empty() => {
                self.lead = events.take_while(|it| !matches!(it, Event::End(TagEnd::Paragraph))).collect();
            }
            Event::Start(Tag::Table(columns)) => self.table(columns.len()),
            Event::Start(Tag::CodeBlock(kind)) => self.code_block(&kind),
            Event::End(TagEnd::Table) => self.end_of_scroll(event),
            Event::Start(Tag::TableHead | Tag::TableRow) | Event::End(TagEnd::TableHead) => self.row_of_table(event),
            Event::Start(Tag::TableCell) => self.cell_of_table(event, events),
            Event::End(TagEnd::CodeBlock) => {
                self.end_of_scroll(event);
                self.body.push(Event::Html("</div>\n".into()));
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => match self.target(&dest_url) {
                Some(target) => {
                    let dest_url = target.into();
                    self.body.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
                }
                None => self.drops_link = true,
            },
            Event::End(TagEnd::Link) if self.drops_link => self.drops_link = false,
            // Markup in a file is text here: nothing that a page says can become an element.
            Event::Html(text) | Event::InlineHtml(text) => self.body.push(Event::Text(text)),
            other => self.body.push(other),
        }
    }

    /// A heading with its id; nothing for the title, which the template shows.
    fn heading(&mut self, level: HeadingLevel, content: Vec<Event<'e>>) {
        let title = plain(&content);
        if level == HeadingLevel::H1 {
            self.title = title;
            return;
        }
        let id = self.unique(anchor(&title), '-', 0);
        if level == HeadingLevel::H2 {
            self.back_to_top();
            self.sections.push(Section { id: id.clone(), title });
        }
        self.body.push(Event::Start(Tag::Heading {
            level,
            id: Some(id.into()),
            classes: Vec::new(),
            attrs: Vec::new(),
        }));
        self.body.extend(content);
        self.body.push(Event::End(TagEnd::Heading(level)));
    }

    fn table(&mut self, columns: usize) {
        let class = match columns {
            SETTING_COLUMNS if self.file == SETTINGS => "scroll settings",
            MANY_COLUMNS.. => "scroll wide",
            _ => "scroll by-row",
        };
        let are_shown = class == "scroll by-row" && columns >= LABELLED_COLUMNS;
        self.table = Labels { are_shown, ..Labels::default() };
        self.scroll("Table", class);
        // An alignment would become a style attribute, which the content security policy forbids.
        self.body.push(Event::Start(Tag::Table(vec![Alignment::None; columns])));
    }

    fn row_of_table(&mut self, event: Event<'e>) {
        match &event {
            Event::Start(Tag::TableHead) => self.table.is_head = true,
            Event::End(TagEnd::TableHead) => self.table.is_head = false,
            _ => self.table.column = 0,
        }
        self.body.push(event);
    }

    /// A cell of the head gives its column a name, and one of the body is written with it.
    fn cell_of_table(&mut self, event: Event<'e>, events: &mut Parser<'e>) {
        if !self.table.is_head {
            self.body.push(self.table.next_cell().map_or(event, |start| Event::Html(start.into())));
            return;
        }
        let name: Vec<_> = events.take_while(|it| !matches!(it, Event::End(TagEnd::TableCell))).collect();
        self.table.names.push(plain(&name));
        self.body.push(event);
        self.body.extend(name);
        self.body.push(Event::End(TagEnd::TableCell));
    }

    fn code_block(&mut self, kind: &CodeBlockKind<'_>) {
        let (name, around, class) = match kind {
            CodeBlockKind::Fenced(language) if matches!(&**language, "sh" | "console") => {
                ("Commands", "command", "scroll listing")
            }
            CodeBlockKind::Fenced(language) if &**language == "text" => ("Output", "block", "scroll listing output"),
            _ => ("Code", "block", "scroll listing"),
        };
        self.body.push(Event::Html(format!("<div class=\"{around}\">\n").into()));
        self.scroll(name, class);
        // Without the language, which would become a class that no rule names.
        self.body.push(Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)));
    }

    /// The start of a part that scrolls by itself, named after its section.
    fn scroll(&mut self, name: &str, class: &str) {
        let section = self.sections.last().map_or(&self.title, |section| &section.title);
        let label = format!("{name}: {section}");
        let label = attribute(&self.unique(label, ' ', 1));
        let start = format!("<div class=\"{class}\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\">\n");
        self.body.push(Event::Html(start.into()));
    }

    fn end_of_scroll(&mut self, end: Event<'e>) {
        self.body.push(end);
        self.body.push(Event::Html("</div>\n".into()));
    }

    fn finish(mut self) -> Rendered {
        self.back_to_top();
        Rendered {
            summary: plain(&self.lead),
            lead: markup(self.lead),
            html: markup(self.body),
            title: self.title,
            sections: self.sections,
        }
    }

    /// This name, with a number when it was there before; `first` is the number of the first one, which is not written.
    fn unique(&mut self, name: String, separator: char, first: usize) -> String {
        let count = self.counts.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name}{separator}{}", *count - 1 + first) }
    }

    /// The end of a section, on a phone; nothing before the first one.
    fn back_to_top(&mut self) {
        if !self.sections.is_empty() {
            self.body.push(Event::Html("<p class=\"to-top\"><a href=\"#main\">Back to top</a></p>\n".into()));
        }
    }

    /// Where a link leads on this server; `None` for a file that no page shows.
    fn target(&self, link: &str) -> Option<String> {
        if link.contains("://") || link.starts_with('#') {
            return Some(link.to_owned());
        }
        let (path, fragment) = link.split_once('#').map_or((link, None), |(path, fragment)| (path, Some(fragment)));
        let address = (self.address_of)(&beside(self.file, path))?;
        Some(fragment.map_or_else(|| address.clone(), |fragment| format!("{address}#{fragment}")))
    }
}

/// A text as the value of an attribute.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;")
}

/// The file that a page calls `path`, from the top of the source tree.
fn beside(file: &str, path: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// A heading's name in links, as code hosts make it.
fn anchor(title: &str) -> String {
    let lower = title.to_lowercase();
    let kept = lower.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn plain(events: &[Event]) -> String {
    let pieces = events.iter().filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(&**text),
        Event::SoftBreak | Event::HardBreak => Some(" "),
        _ => None,
    });
    pieces.collect()
}

fn markup(events: Vec<Event>) -> String {
    let mut text = String::new();
    html::push_html(&mut text, punctuated(events).into_iter());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Rendered {
        render("docs/a.md", text, |file| (file == "docs/b.md").then(|| "/docs/b".to_owned()))
    }

    #[test]
    fn title_and_sentence_are_apart_and_sections_have_unique_ids() {
        let page =
            page("# A `b`\n\nOne\n*two* `&`.\n\n## The file .env\n\n## The file .env\n\n### Node: jose & others\n");
        assert_eq!((&*page.title, &*page.summary), ("A b", "One two &."));
        assert_eq!(page.lead, "One\n<em>two</em> <span class=\"punctuated\"><code>&amp;</code>.</span>");
        let ids: Vec<&str> = page.sections.iter().map(|section| &*section.id).collect();
        assert_eq!(ids, ["the-file-env", "the-file-env-1"]);
        assert!(page.html.contains("<h3 id=\"node-jose--others\">Node: jose &amp; others</h3>"), "{}", page.html);
    }

    #[test]
    fn links_lead_to_pages_of_the_server_and_those_to_other_files_are_text() {
        let page = page("# A\n\nB.\n\n[b](b.md#c) [d](../d.md) [e](#e) [f](https://f.example/) [g](../docs/b.md)\n");
        let links = "<a href=\"/docs/b#c\">b</a> d <a href=\"#e\">e</a> <a href=\"https://f.example/\">f</a> \
                     <a href=\"/docs/b\">g</a>";
        assert_eq!(page.html, format!("<p>{links}</p>\n"));
    }

    #[test]
    fn markup_in_the_source_is_shown_as_text() {
        let page = page("# A\n\nB.\n\n<script>alert(1)</script>\n\nc <b onclick=\"d\">e</b>\n");
        assert!(!page.html.contains("<script") && !page.html.contains("<b"), "{}", page.html);
        assert!(page.html.contains("&lt;script&gt;"), "{}", page.html);
    }

    #[test]
    fn quotes_are_typographic_in_prose_and_straight_in_code() {
        let page = page(
            "# The server's \"a\"\n\nIt's `it's`.\n\n## The server's b\n\n\"c\" `\"c\"`\n\n```sh\necho \"d\"\n```\n",
        );
        assert_eq!((&*page.title, &*page.summary), ("The server’s “a”", "It’s it's."));
        assert_eq!(page.sections[0].id, "the-servers-b");
        assert!(page.html.contains("“c” <code>\"c\"</code>") && page.html.contains("echo \"d\""), "{}", page.html);
    }

    #[test]
    fn short_code_stays_with_the_mark_after_it() {
        let page = page("# A\n\nB.\n\n`c`, d `e` f (`g`). `h`\n");
        let (start, end) = ("<span class=\"punctuated\"><code>", "</span>");
        let text = format!("<p>{start}c</code>,{end} d <code>e</code> f ({start}g</code>){end}. <code>h</code></p>\n");
        assert_eq!(page.html, text);
        let long = "long ".repeat(5);
        assert!(!super::render("docs/a.md", &format!("# A\n\nB.\n\n`{long}`.\n"), |_| None).html.contains("span"));
    }

    #[test]
    fn a_cell_of_three_columns_or_more_has_the_name_of_its_column_unless_it_begins_the_row() {
        let page = page("# A\n\nB.\n\n| a | `b` | \"c\" & d |\n|--|--|--|\n| e | `f` | g |\n| h | i | j |\n");
        let rows = "<tr><td>e</td><td data-label=\"b\"><code>f</code></td><td data-label=\"“c” &amp; d\">g</td></tr>\n\
                    <tr><td>h</td><td data-label=\"b\">i</td><td data-label=\"“c” &amp; d\">j</td></tr>\n";
        assert!(page.html.contains(rows) && page.html.contains("<th><code>b</code></th>"), "{}", page.html);
        let two = super::render("docs/a.md", "# A\n\nB.\n\n| a | b |\n|--|--|\n| e | f |\n", |_| None).html;
        assert!(two.contains("<tr><td>e</td><td>f</td></tr>"), "{two}");
    }

    #[test]
    fn tables_and_code_scroll_and_each_has_a_label_of_its_own() {
        let page =
            page("# A\n\nB.\n\n## C & D\n\n| d |\n|--:|\n| e |\n\n```sh\nf\n```\n\n```text\ng\n```\n\n```sh\nh\n```\n");
        for label in ["Table: C &amp; D", "Commands: C &amp; D", "Output: C &amp; D", "Commands: C &amp; D 2"] {
            let start = format!("tabindex=\"0\" role=\"region\" aria-label=\"{label}\">");
            assert_eq!(page.html.matches(&start).count(), 1, "{label} in {}", page.html);
        }
        assert!(!page.html.contains("style="), "{}", page.html);
    }
}
