//! Paths in settings: `~` is the home folder, as in a shell, and nothing else is replaced.
//!
//! A shell replaces `~` only at the beginning of a word, so `--keys=~/keys`, a variable in quotes and a line of `.env`
//! arrive with it. Taken literally, they would make a folder called `~`.

use clap::ValueHint;

/// The accepted forms of a path, for error messages.
pub(super) const ACCEPTED: &str = "a path; `~/` at its beginning is your home folder, other users' folders are written \
                                   in full, variables such as `$HOME` are not replaced, and quotes are not removed";

/// Replaces `~` in a value whose hint says that it is a path or a database. `None` if the path is not understood.
pub(super) fn expanded_as(hint: ValueHint, value: &str, home: Option<&str>) -> Option<String> {
    match hint {
        ValueHint::DirPath | ValueHint::FilePath => expanded(value, home),
        ValueHint::Url => expanded_database(value, home),
        _ => Some(value.to_owned()),
    }
}

/// Replaces `~` by the home folder; `None` if the path is not understood.
pub(super) fn expanded(path: &str, home: Option<&str>) -> Option<String> {
    match path.strip_prefix('~') {
        Some("") => home.map(str::to_owned),
        Some(rest) if rest.starts_with('/') => home.map(|home| format!("{}{rest}", home.trim_end_matches('/'))),
        Some(_) => None,
        None if path.starts_with(['$', '"', '\'']) => None,
        None => Some(path.to_owned()),
    }
}

/// The same for a database, of which only an SQLite file has a path: in a `postgres://` URL these characters may belong
/// to a password.
pub(super) fn expanded_database(url: &str, home: Option<&str>) -> Option<String> {
    let Some(path) = url.strip_prefix("sqlite:") else { return Some(url.to_owned()) };
    let path = path.strip_prefix("//").filter(|path| path.starts_with('~')).unwrap_or(path);
    expanded(path, home).map(|path| format!("sqlite:{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_at_the_beginning_is_the_home_folder_and_nothing_else_is_replaced() {
        let home = Some("/home/bob");
        for (path, meant) in [
            ("~", Some("/home/bob")),
            ("~/keys", Some("/home/bob/keys")),
            ("~/", Some("/home/bob/")),
            ("keys", Some("keys")),
            ("./~/keys", Some("./~/keys")),
            ("a~b/$c", Some("a~b/$c")),
            ("/etc/it's", Some("/etc/it's")),
            ("~bob/keys", None),
            ("~+", None),
            ("$HOME/keys", None),
            ("${HOME}", None),
            ("\"keys\"", None),
            ("'~/keys'", None),
        ] {
            assert_eq!(expanded(path, home).as_deref(), meant, "{path}");
        }
        assert_eq!(expanded("~/keys", Some("/")).as_deref(), Some("/keys"));
        assert_eq!((expanded("~/keys", None), expanded("keys", None).as_deref()), (None, Some("keys")));
    }

    #[test]
    fn an_sqlite_file_may_be_in_the_home_folder() {
        for (url, meant) in [
            ("sqlite:~/a.db", Some("sqlite:/home/bob/a.db")),
            ("sqlite://~/a.db", Some("sqlite:/home/bob/a.db")),
            ("sqlite:a.db", Some("sqlite:a.db")),
            ("sqlite:///a.db", Some("sqlite:///a.db")),
            ("postgres://~:$x@db/y", Some("postgres://~:$x@db/y")),
            ("sqlite:~eve/a.db", None),
            ("sqlite:$HOME/a.db", None),
        ] {
            assert_eq!(expanded_database(url, Some("/home/bob")).as_deref(), meant, "{url}");
        }
    }
}
