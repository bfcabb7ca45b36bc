//! Who imports whom in `src`, read from the code's own syntax.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{ItemMod, ItemUse, UseTree};

/// A module's place: the names from the crate's root down.
pub type Module = Vec<String>;

/// Which modules each module names, by `use` or in a path.
pub struct Imports(BTreeMap<Module, BTreeSet<Module>>);

impl Imports {
    pub fn read(root: &Path) -> Self {
        let files = files(root);
        let modules: BTreeSet<Module> = files.iter().map(|file| module_of(root, file)).collect();
        let read = |file: &PathBuf| {
            let module = module_of(root, file);
            let syntax = syn::parse_file(&fs::read_to_string(file).unwrap())
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let mut reader = Reader { scope: module.clone(), modules: &modules, named: BTreeSet::new() };
            reader.visit_file(&syntax);
            reader.named.remove(&module);
            (module, reader.named)
        };
        Self(files.iter().map(read).collect())
    }

    /// Every pair of modules of which the first names the second.
    pub fn pairs(&self) -> impl Iterator<Item = (&Module, &Module)> {
        self.0.iter().flat_map(|(module, named)| named.iter().map(move |other| (module, other)))
    }

    /// The children of each module that has some, and which of them name which others, themselves or by what is in
    /// them.
    pub fn siblings(&self) -> BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> {
        let mut families: BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
        for (module, other) in self.pairs() {
            let shared = module.iter().zip(other).take_while(|(a, b)| a == b).count();
            if let (Some(child), Some(named)) = (module.get(shared), other.get(shared)) {
                let family = families.entry(module[..shared].to_vec()).or_default();
                family.entry(child.clone()).or_default().insert(named.clone());
            }
        }
        families
    }
}

/// A chain of names that ends where it begins, if there is one.
pub fn circle(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    edges.keys().find_map(|start| way_back(edges, start, &mut vec![start.clone()], &mut BTreeSet::new()))
}

fn way_back(
    edges: &BTreeMap<String, BTreeSet<String>>,
    at: &str,
    way: &mut Vec<String>,
    seen: &mut BTreeSet<String>,
) -> Option<Vec<String>> {
    for next in edges.get(at).into_iter().flatten() {
        way.push(next.clone());
        if *next == way[0] {
            return Some(way.clone());
        }
        if seen.insert(next.clone())
            && let Some(found) = way_back(edges, next, way, seen)
        {
            return Some(found);
        }
        way.pop();
    }
    None
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    found.filter(|path| path.extension().is_some_and(|it| it == "rs")).collect()
}

fn module_of(root: &Path, file: &Path) -> Module {
    let relative = file.strip_prefix(root).unwrap().with_extension("");
    relative.iter().map(|name| name.to_str().unwrap().to_owned()).collect()
}

struct Reader<'a> {
    /// The module that the code being read is in; a module within the file counts.
    scope: Module,
    modules: &'a BTreeSet<Module>,
    named: BTreeSet<Module>,
}

impl Reader<'_> {
    fn name(&mut self, path: &[String]) {
        let Some(mut place) = self.start_of(path) else { return };
        place.extend(path.iter().skip_while(|it| matches!(it.as_str(), "crate" | "self" | "super")).cloned());
        // What a path ends in may be an item; the module is what it begins with.
        while !place.is_empty() && !self.modules.contains(&place) {
            place.pop();
        }
        if !place.is_empty() {
            self.named.insert(place);
        }
    }

    /// Where a path begins; `None` for one into another crate.
    fn start_of(&self, path: &[String]) -> Option<Module> {
        match path.first()?.as_str() {
            "crate" => Some(Vec::new()),
            "self" => Some(self.scope.clone()),
            "super" => {
                let up = path.iter().take_while(|it| *it == "super").count();
                Some(self.scope[..self.scope.len().saturating_sub(up)].to_vec())
            }
            // A child of this very module needs no `self::`.
            first => {
                let child: Module = self.scope.iter().cloned().chain([first.to_owned()]).collect();
                self.modules.contains(&child).then(|| self.scope.clone())
            }
        }
    }

    fn name_tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: String| before.iter().cloned().chain([name]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.name_tree(&with(path.ident.to_string()), &path.tree),
            UseTree::Name(name) => self.name(&with(name.ident.to_string())),
            UseTree::Rename(rename) => self.name(&with(rename.ident.to_string())),
            UseTree::Glob(_) => self.name(before),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.name_tree(before, tree)),
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.name_tree(&[], &item.tree);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let is_inline = item.content.is_some();
        if is_inline {
            self.scope.push(item.ident.to_string());
        }
        visit::visit_item_mod(self, item);
        if is_inline {
            self.scope.pop();
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if matches!(names[0].as_str(), "crate" | "self" | "super") && names.len() > 1 {
            self.name(&names);
        }
        visit::visit_path(self, path);
    }
}

#[test]
fn every_way_to_name_a_module_is_seen() {
    let modules: BTreeSet<Module> = [&["a"][..], &["a", "b"], &["c"], &["c", "d"], &["e"], &["f"]]
        .iter()
        .map(|names| names.iter().map(|name| (*name).to_owned()).collect())
        .collect();
    let named = |code: &str| {
        let mut reader = Reader { scope: vec!["a".to_owned()], modules: &modules, named: BTreeSet::new() };
        reader.visit_file(&syn::parse_file(code).unwrap());
        reader.named.into_iter().map(|module| module.join("::")).collect::<Vec<_>>()
    };
    assert_eq!(named("use crate::{c, e::Item};"), ["c", "e"]);
    assert_eq!(named("use super::{c::d::{self, X}, f as g};"), ["c::d", "f"]);
    assert_eq!(named("use b::Y; mod tests { use super::super::e::*; }"), ["a::b", "e"]);
    assert_eq!(named("fn f() -> crate::c::Z { crate::f::g(std::fs::read) }"), ["c", "f"]);
    assert_eq!(named("use std::fs; use serde::Serialize;"), Vec::<String>::new());
}

#[test]
fn a_circle_is_found_whatever_leads_into_it() {
    let edges = |pairs: &[(&str, &str)]| {
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in pairs {
            edges.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        circle(&edges)
    };
    assert_eq!(edges(&[("a", "b"), ("b", "c"), ("a", "c")]), None);
    assert_eq!(edges(&[("a", "b"), ("b", "c"), ("c", "b")]).map(|way| way.join(" ")), Some("b c b".to_owned()));
}
