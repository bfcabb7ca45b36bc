//! Why a text is not the key that it should be, and what helps.
//!
//! A fault says what is wrong. What to do about it depends on where the key was found, so the advice is added by
//! whoever knows the [`KeyLocation`]. No advice tells anyone to delete a private key: it may be the only copy.

use std::borrow::Cow;

use thiserror::Error;

use super::foreign::{ForeignForm, Half, Lock, PRIVATE_TO_OWNER};
use super::wrapping::{self, Layer};
use super::{Algorithm, KeyKind, SESSION_KEY_BYTES};

/// Why a text is not the key that it should be.
#[derive(Debug, Error)]
pub enum KeyFault {
    #[error("it is empty")]
    Empty,
    #[error("it is cut short or damaged: {0}")]
    Truncated(Cow<'static, str>),
    /// The message says how to repair it.
    #[error("{0}")]
    Malformed(Cow<'static, str>),
    /// A command repairs it, in which `FILE` is where the text is now.
    #[error("{what}: `{command}`")]
    Repairable { what: Cow<'static, str>, command: Cow<'static, str> },
    #[error("it is protected by a passphrase")]
    Passphrase(Lock),
    #[error("it is {0}")]
    WrongKind(Cow<'static, str>),
    #[error("it is {}", .0.name)]
    Foreign(ForeignForm),
    #[error("its RSA key has {0} bits, and 2048 to 8192 are accepted")]
    Bits(usize),
    #[error("it holds a public key where the private key belongs")]
    PublicForPrivate,
    #[error("it holds a private key where a public key belongs")]
    PrivateForPublic,
    #[error(
        "it holds {0} where an HMAC secret belongs, and anyone who has its public half could sign tokens with that"
    )]
    KeyForSecret(&'static str),
    /// A public text about a key, and how to get the key.
    #[error("it is {what}; {fix}")]
    NoKey { what: &'static str, fix: &'static str },
    #[error("it holds a token and not a key")]
    Token,
    #[error("it is saved as {0}, and programs would not agree on which bytes of it are the secret")]
    EncodedSecret(&'static str),
    #[error("its numbers do not make a working RSA key")]
    Unsound,
    /// What is wrong with a key that is whole, for every other kind.
    #[error("{0}")]
    Broken(Cow<'static, str>),
    #[error("it is not a key in PEM, OpenSSH or ssh-rsa form")]
    Unrecognised,
    #[error("it is not the {SESSION_KEY_BYTES} random bytes in base64url that encrypt session cookies")]
    Session,
    #[error("it holds {0} where the random bytes belong that encrypt session cookies")]
    KeyForSession(&'static str),
    #[error("it is not the 32 random bytes in base64url that the teacher's link has")]
    Teacher,
    #[error("it is not the public half of {0}")]
    Mismatch(String),
    #[error("its {0}")]
    Jwk(String),
    #[error("{algorithm} does not fit it: it is {kind}, which works with {accepted}")]
    Unfit { algorithm: Algorithm, kind: &'static str, accepted: String },
    /// What is wrong with a public key, which only its owner can replace.
    #[error("{0}")]
    OfPublic(Box<KeyFault>),
    /// A fault of what is in layers that other programs do not read through.
    #[error("{fault}, and the whole is {}", wrapping::names(.layers))]
    Wrapped { fault: Box<KeyFault>, layers: Vec<Layer> },
    /// A fault with what helps where the key was found.
    #[error("{fault}; {advice}")]
    Advised { fault: Box<KeyFault>, advice: String },
}

/// Where a key was found, which decides what advice helps.
#[derive(Clone, Debug)]
pub enum KeyLocation {
    /// The file of a private key in the keys folder.
    Private(String),
    /// The file of a public key in the keys folder.
    Public(String),
    /// The file of either half of the key for bearer tokens, and the algorithm that it is for, if one is known.
    Bearer(String, Option<Algorithm>),
    /// The file of a secret in the keys folder.
    Secret(String),
    /// A file that was named on the command line.
    Given(String),
    /// The file that `--tls-key` names.
    Tls(String),
    /// A text that was pasted or sent.
    Pasted,
}

/// What `kind` says of a text without any form of a key.
pub(super) const PLAIN_SECRET: &str = "a secret";

impl KeyFault {
    /// The same fault with the advice that fits `place`.
    #[must_use]
    pub fn advised(self, place: &KeyLocation) -> Self {
        match self.advice(place) {
            Some(advice) => Self::Advised { fault: Box::new(self), advice },
            None => self,
        }
    }

    /// The same fault of a public key.
    pub(super) fn of_public(self) -> Self {
        match self {
            Self::Bits(_) | Self::Unsound | Self::Broken(_) => Self::OfPublic(Box::new(self)),
            other => other,
        }
    }

    /// The same fault of a wrapped text, if a command is the advice for it.
    pub(super) fn within(self, layers: Vec<Layer>) -> Self {
        let has_command = match &self {
            Self::Foreign(form) => form.command.is_some(),
            Self::Repairable { .. } | Self::Passphrase(_) | Self::PrivateForPublic => true,
            _ => false,
        };
        if has_command && !layers.is_empty() { Self::Wrapped { fault: Box::new(self), layers } } else { self }
    }

    /// The fault of what is in the layers.
    pub(super) fn unwrapped(&self) -> &Self {
        if let Self::Wrapped { fault, .. } = self { fault } else { self }
    }

    fn advice(&self, place: &KeyLocation) -> Option<String> {
        Some(match self {
            Self::Empty => place.when_empty().to_owned(),
            Self::Truncated(_) if matches!(place, KeyLocation::Pasted) => "copy the whole key again".to_owned(),
            Self::Truncated(_) => "copy the whole file again".to_owned(),
            Self::Passphrase(lock) => place.when_encrypted(*lock),
            Self::WrongKind(_) => place.when_unsupported(),
            Self::Foreign(form) => place.when_foreign(form),
            Self::Bits(_) | Self::Unsound | Self::Broken(_) | Self::Unrecognised => place.with_another_key(),
            Self::OfPublic(_) => place.with_another_public_key(),
            Self::PublicForPrivate => place.when_public()?,
            Self::PrivateForPublic => place.when_private()?,
            Self::KeyForSecret(_) => place.when_no_secret(),
            Self::Token if matches!(place, KeyLocation::Secret(_)) => {
                place.with_random_text("everybody who saw the token would have the secret, so move it to another file")
            }
            Self::Token => "name the file of the key that signed it, or is to sign".to_owned(),
            Self::EncodedSecret(encoding) => place.when_encoded(encoding),
            Self::KeyForSession(_) => "move the key to another file, and a start makes new random bytes".to_owned(),
            Self::Session | Self::Teacher => "remove it, and a new one is made".to_owned(),
            Self::Mismatch(private) => {
                format!(
                    "remove it, and it is derived again from {private}; or put the private key that it belongs to there"
                )
            }
            Self::Unfit { kind: PLAIN_SECRET, .. } => {
                "no form of a key was recognised in it, so this was read as a secret".to_owned()
            }
            Self::Wrapped { layers, .. } => place.when_wrapped(layers),
            Self::Malformed(_)
            | Self::Repairable { .. }
            | Self::NoKey { .. }
            | Self::Jwk(_)
            | Self::Unfit { .. }
            | Self::Advised { .. } => return None,
        })
    }
}

impl KeyLocation {
    const fn when_empty(&self) -> &'static str {
        match self {
            Self::Private(_) | Self::Public(_) | Self::Bearer(..) | Self::Secret(_) => {
                "put a key into it, or remove it"
            }
            Self::Given(_) | Self::Tls(_) => "name a file that holds a key",
            Self::Pasted => "give a key",
        }
    }

    fn when_encrypted(&self, lock: Lock) -> String {
        let (file, is_in_folder) = (shell_word(self.file()), self.is_in_folder());
        let new = if is_in_folder { shell_word(&format!("{}.new", self.file())) } else { "NEW".to_owned() };
        let mut command = lock.command(&file, &new);
        if is_in_folder && !lock.is_changed_in_place() {
            command = format!("{command} && mv {new} {file}");
        }
        let then = match self {
            _ if lock.is_changed_in_place() => "",
            Self::Given(_) => ", and use `--key NEW`",
            Self::Tls(_) => ", and use `--tls-key NEW`",
            Self::Pasted => ", and paste what is then in `NEW`",
            _ => "",
        };
        let why = if is_in_folder { "a server that starts by itself cannot type one, so " } else { "" };
        format!("{why}take the passphrase off: `{command}`{then}")
    }

    /// The advice for what is inside follows when it is tried again.
    fn when_wrapped(&self, layers: &[Layer]) -> String {
        let file = self.file();
        let new = if self.is_in_folder() { format!("{file}.new") } else { "NEW".to_owned() };
        let [file, new] = [file, &new].map(shell_word);
        let command = format!("{PRIVATE_TO_OWNER}{}", wrapping::command(layers, &file, &new));
        match self {
            Self::Given(_) => format!("unwrap it first: `{command}`, and try again with `--key NEW`"),
            Self::Tls(_) => format!("unwrap it first: `{command}`, and try again with `--tls-key NEW`"),
            Self::Pasted => format!("unwrap it first: `{command}`, and give what is then in `NEW`"),
            _ => format!("unwrap it first: `{command} && mv {new} {file}`, and try again"),
        }
    }

    const fn is_in_folder(&self) -> bool {
        !matches!(self, Self::Given(_) | Self::Tls(_) | Self::Pasted)
    }

    fn when_unsupported(&self) -> String {
        let another = self.with_another_key();
        match self {
            Self::Given(_) | Self::Pasted => format!(
                "RSA keys, EC keys on P-256 and P-384, Ed25519 keys and secrets sign and verify here, and no others; to \
                 sign, {another}"
            ),
            _ => format!("{}; {another}", self.needed()),
        }
    }

    /// Which kind of key belongs there.
    fn needed(&self) -> String {
        match self {
            Self::Bearer(_, Some(algorithm)) if algorithm.key_kind() == KeyKind::Rsa => {
                format!("{algorithm} needs a plain RSA key")
            }
            Self::Bearer(_, Some(algorithm)) => format!("{algorithm} needs {}", algorithm.key_kind().noun()),
            Self::Bearer(_, None) => {
                "bearer tokens need an RSA key, an EC key on P-256 or P-384, or an Ed25519 key".to_owned()
            }
            Self::Tls(_) => "TLS needs an RSA key of 2048 to 8192 bits, an EC key on P-256, P-384 or P-521, or an \
                             Ed25519 key"
                .to_owned(),
            _ => "RS256 needs a plain RSA key".to_owned(),
        }
    }

    /// Somebody else may have the private half, and a new pair would verify none of that person's tokens.
    fn with_another_public_key(&self) -> String {
        match self {
            Self::Given(_) | Self::Pasted => "ask the owner of the key for another one".to_owned(),
            _ => self.with_another_key(),
        }
    }

    /// Says how to get a key that works.
    fn with_another_key(&self) -> String {
        let make = |file: &str| format!("make one with `ssh-keygen -t rsa -b 2048 -f {} -N ''`", shell_word(file));
        match self {
            Self::Private(file) | Self::Secret(file) => format!("move it elsewhere, and {}", make(file)),
            Self::Public(file) => format!("move it out of the folder, or {}", make(&private_beside(file))),
            // The server makes a missing key of the right kind, and a missing public half.
            Self::Bearer(..) => "move this file away, and the next start makes a new key".to_owned(),
            Self::Given(_) => make("jwt_key"),
            Self::Tls(_) => "name the private key that the certificate was made with".to_owned(),
            Self::Pasted => format!("{}, and paste that", make("jwt_key")),
        }
    }

    fn when_foreign(&self, form: &ForeignForm) -> String {
        if matches!(self, Self::Bearer(file, _) if form.half == Half::Public && !is_pub(file)) {
            return self.with_private_half();
        }
        let advice = match form.command {
            Some(command) if form.is_packed() => return self.with_unpacking(form, command),
            Some(command) => self.with_conversion(form, command),
            None if form.remark.is_empty() => self.with_another_key(),
            None => format!("{}; {}", form.remark, self.with_another_key()),
        };
        match self {
            Self::Given(_) | Self::Pasted | Self::Tls(_) => advice,
            Self::Public(_) if form.half == Half::Private => format!("only the public half belongs here; {advice}"),
            Self::Bearer(file, _) if form.half == Half::Private && is_pub(file) => {
                format!("only the public half belongs here; {advice}")
            }
            _ => format!("{}; {advice}", self.needed()),
        }
    }

    /// The server signs bearer tokens, so a public half alone is of no use.
    fn with_private_half(&self) -> String {
        format!("bearer tokens are signed with the private half; put that there, or {}", self.with_another_key())
    }

    fn with_unpacking(&self, form: &ForeignForm, command: &str) -> String {
        let file = self.file();
        if !command.contains("{out}") {
            return format!("run `{}` to get its content", command.replace("{in}", &shell_word(file)));
        }
        let filled = |input: &str, output: &str| command.replace("{in}", input).replace("{out}", output);
        let word = shell_word(file);
        match self {
            Self::Given(_) | Self::Pasted | Self::Tls(_) => {
                format!("run `{PRIVATE_TO_OWNER}{}` to get its content", filled(&word, "key.txt"))
            }
            _ => {
                let kept = shell_word(&format!("{file}.{}", form.suffix));
                let new = shell_word(&format!("{file}.new"));
                let unpack = filled(&word, &new);
                format!("run `{PRIVATE_TO_OWNER}{unpack} && mv {word} {kept} && mv {new} {word}` to get its content")
            }
        }
    }

    /// The file's name, or what stands for one.
    fn file(&self) -> &str {
        match self {
            Self::Private(file)
            | Self::Public(file)
            | Self::Bearer(file, _)
            | Self::Secret(file)
            | Self::Given(file)
            | Self::Tls(file) => file,
            Self::Pasted => "FILE",
        }
    }

    /// In the folder a new file is written first. The old one is moved away when that has succeeded, because a start
    /// that finds no key makes another one.
    fn with_conversion(&self, form: &ForeignForm, command: &str) -> String {
        let before = if form.half == Half::Private { PRIVATE_TO_OWNER } else { "" };
        let filled = |input: &str, output: &str| {
            command.replace("{in}", &shell_word(input)).replace("{out}", &shell_word(output))
        };
        match self {
            Self::Public(path) | Self::Bearer(path, _) if form.half == Half::Private && is_pub(path) => {
                let [kept, private] = [form.suffix, "private"].map(|end| format!("{}.{end}", without_pub(path)));
                let convert = filled(path, &private);
                let new = format!("{path}.new");
                let [path, kept, private, new] = [path, &kept, &private, &new].map(|it| shell_word(it));
                format!(
                    "convert it: `{before}{convert} && ssh-keygen -y -f {private} > {new} && mv {path} {kept} \
                     && mv {new} {path}`"
                )
            }
            Self::Private(path) | Self::Public(path) | Self::Bearer(path, _) | Self::Secret(path) => {
                let kept = format!("{path}.{}", form.suffix);
                let output = form.output(path);
                let new = format!("{output}.new");
                let convert = filled(path, &new);
                let [path, kept, output, new] = [path, &kept, &output, &new].map(|it| shell_word(it));
                format!("convert it: `{before}{convert} && mv {path} {kept} && mv {new} {output}`")
            }
            Self::Given(path) => {
                let output = form.output("jwt_key");
                format!("convert it: `{before}{}`, and use `--key {output}`{}", filled(path, &output), form.limit())
            }
            Self::Tls(path) => {
                format!("convert it: `{before}{}`, and use `--tls-key tls.key`", filled(path, "tls.key"))
            }
            Self::Pasted => {
                let output = form.output("jwt_key");
                let command = filled("FILE", &output);
                format!("convert it: `{before}{command}`, and paste what is then in `{output}`{}", form.limit())
            }
        }
    }

    fn when_public(&self) -> Option<String> {
        Some(match self {
            Self::Private(file) | Self::Secret(file) => {
                let file = shell_word(file);
                format!("a public key goes into a file that ends in .pub: `mv -n {file} {file}.pub`")
            }
            Self::Bearer(..) => self.with_private_half(),
            Self::Public(_) => return None,
            Self::Tls(_) => self.with_another_key(),
            Self::Given(_) | Self::Pasted => "a public key only verifies, so sign with its private half".to_owned(),
        })
    }

    fn when_private(&self) -> Option<String> {
        let (Self::Public(file) | Self::Private(file) | Self::Bearer(file, _)) = self else { return None };
        let (kept, new) = (format!("{}.private", without_pub(file)), format!("{file}.new"));
        let [file, kept, new] = [file, &kept, &new].map(|it| shell_word(it));
        Some(format!(
            "keep it under another name, and publish only the public half: `test ! -e {kept} && chmod 600 {file} \
             && ssh-keygen -y -f {file} > {new} && mv {file} {kept} && mv {new} {file}`"
        ))
    }

    fn when_no_secret(&self) -> String {
        match self {
            Self::Secret(_) => self.with_random_text("move the key to another file"),
            _ => "give it as a key in PEM or as a JWK, or give random text as the secret".to_owned(),
        }
    }

    fn with_random_text(&self, before: &str) -> String {
        let [file, new] = [self.file(), &format!("{}.new", self.file())].map(shell_word);
        let make = format!("{PRIVATE_TO_OWNER}openssl rand -base64 48 > {new} && mv {new} {file}");
        format!("{before}, then put random text into it: `{make}`")
    }

    fn when_encoded(&self, encoding: &str) -> String {
        if matches!(self, Self::Pasted) {
            return "send it as UTF-8 without a byte order mark (U+FEFF)".to_owned();
        }
        let file = shell_word(self.file());
        let from = encoding.split(' ').next().unwrap_or(encoding);
        if from == "UTF-8" {
            return format!("save it without the mark: `sed -i '1s/^\\xEF\\xBB\\xBF//' {file}`");
        }
        let new = shell_word(&format!("{}.new", self.file()));
        format!("save it as UTF-8: `{PRIVATE_TO_OWNER}iconv -f {from} -t UTF-8 {file} > {new} && mv {new} {file}`")
    }
}

fn is_pub(file: &str) -> bool {
    std::path::Path::new(file).extension().is_some_and(|it| it == "pub")
}

fn without_pub(file: &str) -> &str {
    file.strip_suffix(".pub").unwrap_or(file)
}

/// The private key's file that a public key's file belongs to.
fn private_beside(public: &str) -> String {
    let stem = without_pub(public);
    if stem.ends_with("_key") {
        return stem.to_owned();
    }
    std::path::Path::new(public).with_file_name("jwt_key").display().to_string()
}

/// A file's name as a shell reads it as one word.
pub(crate) fn shell_word(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./-:".contains(c);
    if !name.is_empty() && name.chars().all(is_plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> [KeyLocation; 8] {
        let file = |name: &str| format!("keys/{name}");
        [
            KeyLocation::Private(file("jwt_key")),
            KeyLocation::Public(file("jwt_key.pub")),
            KeyLocation::Secret(file("hs256.secret")),
            KeyLocation::Bearer(file("bearer_key"), Some(Algorithm::Es256)),
            KeyLocation::Bearer(file("bearer_key.pub"), None),
            KeyLocation::Given("my key.pem".to_owned()),
            KeyLocation::Tls("my key.pem".to_owned()),
            KeyLocation::Pasted,
        ]
    }

    #[test]
    fn no_advice_about_a_private_key_says_to_remove_it() {
        let faults = || {
            [
                KeyFault::Truncated("x".into()),
                KeyFault::Passphrase(Lock::OpenSsh),
                KeyFault::Passphrase(Lock::Pem),
                KeyFault::WrongKind("an EC key".into()),
                KeyFault::Foreign(super::super::foreign::PUTTY),
                KeyFault::Bits(1024),
                KeyFault::PrivateForPublic,
                KeyFault::KeyForSecret("a private key"),
                KeyFault::Unsound,
                KeyFault::Unrecognised,
            ]
        };
        for place in places() {
            for fault in faults() {
                let told = fault.advised(&place).to_string();
                assert!(!told.contains("remove") && !told.contains(" rm "), "{told}");
            }
        }
    }

    #[test]
    fn every_command_that_writes_a_private_key_keeps_it_from_others() {
        use super::super::foreign::{AGE_ENCRYPTED, JWK_PRIVATE, PKCS12, PUTTY};
        let forms = || [PUTTY, PKCS12, JWK_PRIVATE, AGE_ENCRYPTED].map(KeyFault::Foreign);
        let locks = || [Lock::Pem, Lock::Der].map(KeyFault::Passphrase);
        for place in places() {
            for fault in forms().into_iter().chain(locks()) {
                let told = fault.advised(&place).to_string();
                assert!(told.contains("`umask 077 && "), "{told}");
            }
        }
    }

    #[test]
    fn advice_about_the_bearer_key_names_its_own_algorithm_and_no_other_kind_of_key() {
        for (algorithm, needs) in [
            (Algorithm::Es256, "ES256 needs an EC key on P-256"),
            (Algorithm::EdDsa, "EdDSA needs an Ed25519 key"),
            (Algorithm::Ps256, "PS256 needs a plain RSA key"),
        ] {
            let place = KeyLocation::Bearer("keys/bearer_key".to_owned(), Some(algorithm));
            for fault in [
                KeyFault::WrongKind("an EC key on P-521".into()),
                KeyFault::Unrecognised,
                KeyFault::Bits(1024),
                KeyFault::Foreign(super::super::foreign::PUTTY),
                KeyFault::PublicForPrivate,
                KeyFault::Foreign(super::super::foreign::CERTIFICATE),
            ] {
                let is_kind = matches!(fault, KeyFault::WrongKind(_));
                let told = fault.advised(&place).to_string();
                assert!(!told.contains("RS256") && !told.contains("ssh-keygen -t"), "{told}");
                assert!(!is_kind || told.contains(needs), "{told}");
                assert!(!told.contains("bearer_key.pub"), "no public half is left alone: {told}");
            }
        }
    }

    #[test]
    fn a_command_names_the_file_as_a_shell_reads_it() {
        let given = KeyLocation::Given("my key.pem".to_owned());
        let told = KeyFault::Passphrase(Lock::OpenSsh).advised(&given).to_string();
        assert!(told.ends_with("`ssh-keygen -p -N '' -f 'my key.pem'`"), "{told}");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
    }
}
