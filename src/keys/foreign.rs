//! Forms of keys that are recognised and not read, each with the command that converts it.

/// Which half of a key pair a text is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Private,
    Public,
    /// So little is left of it that nobody can tell.
    Unknown,
}

/// Before a command that writes a private key: only its owner may read the new file.
pub(super) const PRIVATE_TO_OWNER: &str = "umask 077 && ";

/// What a private key with a passphrase is written in, which decides what takes the passphrase off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// OpenSSH's own format, which OpenSSL does not read.
    OpenSsh,
    /// PKCS#8 or one of the older formats, in PEM. `ssh-keygen` does not change every one of them.
    Pem,
    /// PKCS#8 in DER.
    Der,
}

impl Lock {
    /// Whether the command changes the file itself.
    pub(super) const fn is_changed_in_place(self) -> bool {
        matches!(self, Self::OpenSsh)
    }

    /// Writes the key without its passphrase.
    pub(super) fn command(self, input: &str, output: &str) -> String {
        match self {
            Self::OpenSsh => format!("ssh-keygen -p -N '' -f {input}"),
            Self::Pem => format!("{PRIVATE_TO_OWNER}openssl pkey -in {input} -out {output}"),
            Self::Der => format!("{PRIVATE_TO_OWNER}openssl pkey -inform DER -in {input} -out {output}"),
        }
    }
}

/// What the advice about a file in the folder adds to the name of what it keeps: the original in another form, and a
/// private key that was in the file of a public one.
const KEPT: [&str; 25] = [
    "age", "asc", "blob", "bz2", "crt", "csr", "enc", "gz", "jks", "jwk", "p12", "p7b", "ppk", "private", "pvk",
    "sops", "ssh2", "txt", "vault", "xml", "xz", "yml", "zip", "zlib", "zst",
];

/// Whether a file has the name under which the advice keeps an original.
pub(super) fn is_kept_original(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, end)| KEPT.contains(&end))
}

/// A form of a key that other programs write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignForm {
    /// With its article, to follow "it is".
    pub name: &'static str,
    pub(super) half: Half,
    /// What the name of such a file usually ends in.
    pub(super) suffix: &'static str,
    /// Converts the file `{in}` into the file `{out}`, in a form that is read here.
    pub(super) command: Option<&'static str>,
    /// Why there is no command.
    pub(super) remark: &'static str,
}

impl ForeignForm {
    const fn public(name: &'static str, suffix: &'static str, command: &'static str) -> Self {
        Self { name, half: Half::Public, suffix, command: Some(command), remark: "" }
    }

    const fn private(name: &'static str, suffix: &'static str, command: &'static str) -> Self {
        Self { name, half: Half::Private, suffix, command: Some(command), remark: "" }
    }

    const fn useless(name: &'static str, half: Half, remark: &'static str) -> Self {
        Self { name, half, suffix: "", command: None, remark }
    }

    /// A file with a key or a secret packed into it, encrypted or compressed. Without `{out}` the command unpacks it in
    /// its place.
    const fn packed(name: &'static str, suffix: &'static str, command: &'static str) -> Self {
        Self { name, half: Half::Unknown, suffix, command: Some(command), remark: "" }
    }

    /// Whether it is no key itself, but may hold anything.
    pub(super) fn is_packed(&self) -> bool {
        self.half == Half::Unknown
    }

    /// Whether there is no private key in it.
    pub fn is_public(&self) -> bool {
        self.half == Half::Public
    }

    /// Writes the certificates of the file as PEM. `file` is its name as a shell reads it.
    pub fn certificates_command(&self, file: &str) -> String {
        match self {
            form if *form == PKCS12 => format!("openssl pkcs12 -in {file} -nokeys -out chain.pem"),
            form if *form == PKCS7_DER => format!("openssl pkcs7 -inform DER -in {file} -print_certs -out chain.pem"),
            _ => format!("openssl pkcs7 -in {file} -print_certs -out chain.pem"),
        }
    }

    /// What the converted key cannot do.
    pub(super) fn limit(&self) -> &'static str {
        if self.half == Half::Public { "; that is a public key, which verifies and does not sign" } else { "" }
    }

    /// Where the converted key goes, beside a file that should hold a key.
    pub(super) fn output(&self, file: &str) -> String {
        if self.half == Half::Public && !file.to_ascii_lowercase().ends_with(".pub") {
            return format!("{file}.pub");
        }
        file.to_owned()
    }
}

pub(super) const CERTIFICATE: ForeignForm =
    ForeignForm::public("a certificate", "crt", "openssl x509 -in {in} -pubkey -noout > {out}");
pub(super) const CERTIFICATE_DER: ForeignForm =
    ForeignForm::public("a certificate in DER", "crt", "openssl x509 -inform DER -in {in} -pubkey -noout > {out}");
pub(super) const REQUEST: ForeignForm =
    ForeignForm::public("a certificate request", "csr", "openssl req -in {in} -pubkey -noout > {out}");
pub(super) const REQUEST_DER: ForeignForm = ForeignForm::public(
    "a certificate request in DER",
    "csr",
    "openssl req -inform DER -in {in} -pubkey -noout > {out}",
);
pub(super) const PKCS7: ForeignForm = ForeignForm::public(
    "a bundle of certificates (PKCS#7)",
    "p7b",
    "openssl pkcs7 -in {in} -print_certs | openssl x509 -pubkey -noout > {out}",
);
pub(super) const PKCS7_DER: ForeignForm = ForeignForm::public(
    "a bundle of certificates (PKCS#7) in DER",
    "p7b",
    "openssl pkcs7 -inform DER -in {in} -print_certs | openssl x509 -pubkey -noout > {out}",
);
pub(super) const PKCS12: ForeignForm =
    ForeignForm::private("a PKCS#12 file (.p12 or .pfx)", "p12", "openssl pkcs12 -in {in} -nodes -nocerts -out {out}");
pub(super) const JAVA_KEYSTORE: ForeignForm = ForeignForm::private(
    "a Java keystore",
    "jks",
    "keytool -importkeystore -srckeystore {in} -destkeystore {in}.p12 -deststoretype PKCS12 \
     && openssl pkcs12 -in {in}.p12 -nodes -nocerts -out {out}",
);
pub(super) const PUTTY: ForeignForm =
    ForeignForm::private("a private key in PuTTY's format (.ppk)", "ppk", "puttygen {in} -O private-openssh -o {out}");
pub(super) const SSH2_PRIVATE: ForeignForm = ForeignForm::private(
    "a private key in the format of ssh.com (SSH2)",
    "ssh2",
    "puttygen {in} -O private-openssh -o {out}",
);
pub(super) const PVK: ForeignForm = ForeignForm::private(
    "a private key in Microsoft's PVK format",
    "pvk",
    "openssl rsa -inform PVK -in {in} -out {out}",
);
pub(super) const MICROSOFT_PRIVATE: ForeignForm = ForeignForm::private(
    "a private key in Microsoft's blob format",
    "blob",
    "openssl rsa -inform MSBLOB -in {in} -out {out}",
);
pub(super) const MICROSOFT_PUBLIC: ForeignForm = ForeignForm::public(
    "a public key in Microsoft's blob format",
    "blob",
    "openssl rsa -inform MSBLOB -pubin -in {in} -pubout -out {out}",
);
pub(super) const XML_PRIVATE: ForeignForm = ForeignForm::private(
    "a private key in .NET's XML format",
    "xml",
    "pwsh -c '$k=[Security.Cryptography.RSA]::Create(); $k.FromXmlString((Get-Content -Raw \"{in}\")); \
     $k.ExportPkcs8PrivateKeyPem()' > {out}",
);
pub(super) const XML_PUBLIC: ForeignForm = ForeignForm::public(
    "a public key in .NET's XML format",
    "xml",
    "pwsh -c '$k=[Security.Cryptography.RSA]::Create(); $k.FromXmlString((Get-Content -Raw \"{in}\")); \
     $k.ExportSubjectPublicKeyInfoPem()' > {out}",
);
pub(super) const PYTHON_DICT: ForeignForm = ForeignForm::private(
    "a JWK as Python prints it, with single quotes, which is not JSON",
    "txt",
    "python3 -c 'import ast,json,sys; print(json.dumps(ast.literal_eval(sys.stdin.read())))' < {in} > {out}",
);
pub(super) const JWK_PRIVATE: ForeignForm = ForeignForm::private(
    "a private key as a JWK, which this folder does not read",
    "jwk",
    "node -e \"console.log(crypto.createPrivateKey({key:JSON.parse(fs.readFileSync(0)),format:'jwk'})\
     .export({type:'pkcs8',format:'pem'}))\" < {in} > {out}",
);
pub(super) const JWK_PUBLIC: ForeignForm = ForeignForm::public(
    "a public key as a JWK, which this folder does not read",
    "jwk",
    "node -e \"console.log(crypto.createPublicKey({key:JSON.parse(fs.readFileSync(0)),format:'jwk'})\
     .export({type:'spki',format:'pem'}))\" < {in} > {out}",
);
pub(super) const PGP_PUBLIC: ForeignForm = ForeignForm::public(
    "an OpenPGP public key",
    "asc",
    "gpg --show-keys {in} && gpg --import {in} && gpg --export-ssh-key KEYID > {out}",
);
pub(super) const PGP_PRIVATE: ForeignForm =
    ForeignForm::useless("an OpenPGP private key", Half::Private, "gpg does not export it in a form that signs tokens");
pub(super) const SSH_CERTIFICATE: ForeignForm = ForeignForm::useless(
    "an OpenSSH certificate",
    Half::Public,
    "use the public key that it was made for, the file without -cert in its name",
);
pub(super) const SSH1: ForeignForm =
    ForeignForm::useless("a key of SSH version 1", Half::Private, "no current tool converts it");
pub(super) const AGE: ForeignForm =
    ForeignForm::useless("an age key", Half::Private, "age keys encrypt files and sign nothing");
pub(super) const MINISIGN: ForeignForm = ForeignForm::useless(
    "a minisign or signify key (Ed25519)",
    Half::Private,
    "minisign and signify keys sign files; for tokens make a key of OpenSSH or OpenSSL",
);
pub(super) const OPENSSL_TEXT: ForeignForm = ForeignForm::useless(
    "what `openssl` prints about a key with `-text` or `-modulus`",
    Half::Private,
    "use the key's own file, or export it with `openssl pkey -in ORIGINAL -out jwt_key`",
);
pub(super) const KEYBOX: ForeignForm =
    ForeignForm::useless("a keybox of GnuPG", Half::Public, "export one key of it with `gpg --export-ssh-key KEYID`");
pub(super) const CNG: ForeignForm = ForeignForm::useless(
    "an RSA key in the blob format of Windows CNG",
    Half::Private,
    "in .NET, `ExportPkcs8PrivateKeyPem()` and `ExportSubjectPublicKeyInfoPem()` write it as PEM",
);
pub(super) const CNG_EC: ForeignForm = ForeignForm::useless(
    "an EC key in the blob format of Windows CNG",
    Half::Private,
    "in .NET, `ExportPkcs8PrivateKeyPem()` and `ExportSubjectPublicKeyInfoPem()` write it as PEM",
);
pub(super) const ANSIBLE_VAULT: ForeignForm =
    ForeignForm::packed("a file that Ansible Vault encrypted", "vault", "ansible-vault decrypt {in}");
pub(super) const ANSIBLE_VALUE: ForeignForm = ForeignForm::packed(
    "YAML with a value that Ansible Vault encrypted",
    "yml",
    "ansible localhost --ask-vault-pass -e @{in} -m debug -a var=NAME",
);
pub(super) const SOPS: ForeignForm =
    ForeignForm::packed("a file that SOPS encrypted", "sops", "sops --decrypt {in} > {out}");
pub(super) const AGE_ENCRYPTED: ForeignForm =
    ForeignForm::packed("a file that age encrypted", "age", "age --decrypt -i IDENTITY -o {out} {in}");
pub(super) const PGP_ENCRYPTED: ForeignForm =
    ForeignForm::packed("a message that OpenPGP encrypted", "asc", "gpg --output {out} --decrypt {in}");
pub(super) const OPENSSL_ENCRYPTED: ForeignForm = ForeignForm::packed(
    "a file that `openssl enc` encrypted",
    "enc",
    "openssl enc -d -aes-256-cbc -pbkdf2 -in {in} -out {out}",
);
pub(super) const GIT_CRYPT: ForeignForm =
    ForeignForm::packed("a file that git-crypt encrypted", "", "git-crypt unlock");
pub(super) const GIT_LFS: ForeignForm =
    ForeignForm::packed("a pointer of Git LFS instead of the file", "", "git lfs pull");
pub(super) const GZIP: ForeignForm =
    ForeignForm::packed("a file that gzip compressed", "gz", "gunzip -c < {in} > {out}");
pub(super) const BZIP2: ForeignForm =
    ForeignForm::packed("a file that bzip2 compressed", "bz2", "bunzip2 -c < {in} > {out}");
pub(super) const XZ: ForeignForm = ForeignForm::packed("a file that xz compressed", "xz", "unxz -c < {in} > {out}");
pub(super) const ZSTD: ForeignForm =
    ForeignForm::packed("a file that zstd compressed", "zst", "zstd -dc < {in} > {out}");
pub(super) const ZIP: ForeignForm = ForeignForm::packed("a ZIP archive", "zip", "unzip -p {in} > {out}");
pub(super) const ZLIB: ForeignForm = ForeignForm::packed(
    "data that zlib compressed",
    "zlib",
    "python3 -c 'import sys,zlib; sys.stdout.buffer.write(zlib.decompress(sys.stdin.buffer.read()))' < {in} > {out}",
);
