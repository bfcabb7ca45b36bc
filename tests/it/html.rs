//! What tests read in the HTML of a page, without a browser.

/// The HTML between two pieces of a page; `None` if one of them is missing.
pub fn between<'p>(page: &'p str, start: &str, end: &str) -> Option<&'p str> {
    page.split_once(start)?.1.split_once(end).map(|(text, _)| text)
}

/// The text that a browser shows for this HTML without tags.
pub fn unescaped(html: &str) -> String {
    let mut pieces = html.split('&');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        if let Some((character, rest)) = piece.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest))) {
            text.push(character);
            text.push_str(rest);
        } else {
            text.push('&');
            text.push_str(piece);
        }
    }
    text
}

/// The character of an entity such as `amp` or `#38`.
fn character(entity: &str) -> Option<char> {
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        _ => char::from_u32(entity.strip_prefix('#')?.parse().ok()?),
    }
}

/// The words of a page without its tags.
pub fn words(html: &str) -> String {
    let pieces = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    unescaped(&pieces.collect::<String>()).replace('\u{a0}', " ")
}

/// The value of an attribute of this tag.
pub fn attribute(tag: &str, name: &str) -> Option<String> {
    between(tag, &format!("{name}=\""), "\"").map(unescaped)
}

/// Where a button's label ends. After a colon, a button may name what it is about.
fn label_at(html: &str, label: &str) -> Option<usize> {
    let endings = ["</button>", "</span></button>", ": <code>"];
    let found = endings.iter().find_map(|ending| html.find(&format!(">{label}{ending}")));
    found.map(|before| before + 1)
}

/// The tag of the button of this label.
fn button_tag<'p>(html: &'p str, label: &str) -> Option<&'p str> {
    let before = &html[..label_at(html, label)?];
    before.rfind("<button").map(|start| &before[start..])
}

pub fn has_button(page: &str, label: &str) -> bool {
    label_at(page, label).is_some()
}

/// The form that has the button of this label, followed by the fields and buttons elsewhere on the page that belong to
/// it.
pub fn form_with(page: &str, label: &str) -> String {
    let tag = button_tag(page, label).unwrap_or_else(|| panic!("no button {label}: {page}"));
    if let Some(id) = attribute(tag, " form") {
        return form_of(page, &id);
    }
    let before = label_at(page, label).unwrap();
    let start = page[..before].rfind("<form").unwrap_or_else(|| panic!("the button {label} is in no form"));
    let id = attribute(page[start..].split('>').next().unwrap(), " id");
    let alone = || page[start..].split("</form>").next().unwrap().to_owned();
    id.map_or_else(alone, |id| form_of(page, &id))
}

/// The form of this id, followed by the fields and buttons elsewhere on the page that belong to it.
pub fn form_of(page: &str, id: &str) -> String {
    let at = page.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no form {id}: {page}"));
    let start = page[..at].rfind("<form").unwrap_or_else(|| panic!("{id} is no form"));
    let end = start + page[start..].find("</form>").unwrap();
    let named = format!(" form=\"{id}\"");
    let elsewhere = page.match_indices(&named).map(|(place, _)| place).filter(|place| !(start..end).contains(place));
    let elements = elsewhere.map(|place| element_around(page, place));
    std::iter::once(&page[start..end]).chain(elements).collect()
}

/// The element in whose tag this place is.
fn element_around(page: &str, place: usize) -> &str {
    let start = page[..place].rfind('<').unwrap();
    let name: String = page[start + 1..].chars().take_while(char::is_ascii_alphabetic).collect();
    let end = if name == "input" { ">".to_owned() } else { format!("</{name}>") };
    &page[start..place + page[place..].find(&end).unwrap() + end.len()]
}

/// What the button of this label sends: a name and a value.
pub fn button(form: &str, label: &str) -> (String, String) {
    let tag = button_tag(form, label).unwrap_or_else(|| panic!("no button {label}: {form}"));
    (attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap())
}

/// What the fields of a form, or all fields of a page, send before anything is typed. A field without a name sends
/// nothing.
pub fn fields(form: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut add = |tag: &str, value: String| all.extend(attribute(tag, "name").map(|name| (name, value)));
    for tag in form.split("<input ").skip(1).map(|rest| rest.split_once('>').unwrap().0) {
        let is_choice = tag.contains("type=\"radio\"") || tag.contains("type=\"checkbox\"");
        if !is_choice || tag.ends_with("checked") {
            let without_value = if is_choice { "on" } else { "" };
            add(tag, attribute(tag, "value").unwrap_or_else(|| without_value.to_owned()));
        }
    }
    for rest in form.split("<textarea ").skip(1) {
        let (tag, rest) = rest.split_once('>').unwrap();
        let text = rest.split_once("</textarea>").unwrap().0;
        add(tag, unescaped(text.strip_prefix('\n').unwrap_or(text)));
    }
    for rest in form.split("<select ").skip(1) {
        let (tag, rest) = rest.split_once('>').unwrap();
        let options: Vec<&str> = rest.split_once("</select>").unwrap().0.split("<option ").skip(1).collect();
        let chosen = options.iter().find(|option| option.split('>').next().unwrap().ends_with("selected"));
        add(tag, attribute(chosen.unwrap_or(&options[0]), "value").unwrap());
    }
    all
}

/// What the field of this name sends before anything is typed.
pub fn field(form: &str, name: &str) -> Option<String> {
    fields(form).into_iter().find(|(found, _)| found == name).map(|(_, value)| value)
}

/// The value of the choice that reads so: an option of a list, or the label of a radio button.
pub fn value_of(page: &str, label: &str) -> String {
    let option = page.split("<option ").skip(1).find(|rest| rest.split_once('>').unwrap().1.starts_with(label));
    let radio = || {
        page.split("<input type=\"radio\" ")
            .skip(1)
            .find(|rest| words(&format!("<{}", rest.split("</label>").next().unwrap())).trim() == label)
    };
    let tag = option.or_else(radio).unwrap_or_else(|| panic!("no choice {label}: {page}"));
    attribute(tag, "value").unwrap()
}
