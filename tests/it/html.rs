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

/// The form that has the button of this label.
pub fn form_with<'p>(page: &'p str, label: &str) -> &'p str {
    let before = page.find(&format!(">{label}</button>")).unwrap_or_else(|| panic!("no button {label}: {page}"));
    let start = page[..before].rfind("<form").unwrap_or_else(|| panic!("the button {label} is in no form"));
    &page[start..before + page[before..].find("</form>").unwrap()]
}

/// What the button of this label sends: a name and a value.
pub fn button(form: &str, label: &str) -> (String, String) {
    let (before, _) =
        form.split_once(&format!(">{label}</button>")).unwrap_or_else(|| panic!("no button {label}: {form}"));
    let tag = &before[before.rfind("<button").unwrap()..];
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
