//! The text files of the lab: each belongs to a lesson, an attack, or a heading above them, so nobody edits one that no
//! page shows.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hallpass::lab::attacks::{Attack, SECTIONS};
use hallpass::lab::lessons::{LESSONS, PARTS};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/lab").join(name)
}

/// What a folder holds, without what begins with an underscore: templates that several pages include.
fn names(folder: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with('_')).collect()
}

#[test]
fn every_folder_of_a_lesson_is_in_the_course_and_has_a_text_and_a_page() {
    assert_eq!(names(&folder("lessons")), LESSONS.iter().map(|lesson| lesson.slug.to_owned()).collect());
    for lesson in LESSONS.iter() {
        let files = names(&folder("lessons").join(lesson.slug));
        assert!(["text.md", "page.html"].iter().all(|file| files.contains(*file)), "{}: {files:?}", lesson.slug);
        let texts = files.iter().filter(|file| Path::new(file).extension().is_some_and(|it| it == "md"));
        assert_eq!(texts.count(), 1, "{}: {files:?}", lesson.slug);
    }
}

#[test]
fn every_text_of_a_part_is_in_the_course() {
    assert_eq!(names(&folder("parts")).len(), PARTS.len());
}

#[test]
fn every_text_of_an_attack_or_a_section_is_in_the_catalogue() {
    assert_eq!(names(&folder("attacks")), Attack::all().map(|attack| format!("{}.md", attack.slug)).collect());
    assert_eq!(names(&folder("sections")).len(), SECTIONS.len());
}
