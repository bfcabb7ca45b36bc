//! TLS as real clients see it, and how a certificate is exchanged under them.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

use crate::app::{RawAnswer, fixture};
use crate::bare_connection::BareConnection;
use crate::cli::{Program, Serving};
use crate::tools;

const SELF_SIGNED: &[&str] = &["--tls-self-signed", "--phone-rate", "off"];
const FILES: &[&str] = &["--tls-cert", "chain.pem", "--tls-key", "key.pem"];

/// What curl printed, and its exit code.
struct Curl {
    code: i32,
    out: String,
}

fn curl(url: &str, arguments: &[&str]) -> Curl {
    let output = Command::new("curl").args(["-sS", "--max-time", "20"]).args(arguments).arg(url).output().unwrap();
    Curl { code: output.status.code().unwrap(), out: String::from_utf8(output.stdout).unwrap() }
}

/// A certificate for this machine with its key, as two PEM texts.
struct Pair {
    chain: String,
    key: String,
}

impl Pair {
    fn named(name: &str) -> Self {
        Self::until(name, 2100)
    }

    fn until(name: &str, year: i32) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["localhost", "127.0.0.1"].map(str::to_owned)).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_after = date_time_ymd(year, 1, 1);
        Self { chain: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
    }

    fn write(&self, program: &Program) {
        fs::write(program.path("chain.pem"), &self.chain).unwrap();
        put_key(program, &self.key);
    }
}

fn put_key(program: &Program, text: &str) {
    let path = program.path("key.pem");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Runs openssl over these standard input bytes.
fn openssl(arguments: &[&str], input: &str) -> String {
    let mut command = Command::new("openssl");
    let mut child =
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

/// The certificate that a server shows, as openssl tells of it.
fn shown(serving: &Serving, what: &[&str]) -> String {
    let said = openssl(&["s_client", "-connect", serving.url.trim_start_matches("https://")], "");
    openssl(&[&["x509", "-noout"], what].concat(), &said)
}

// ── the certificate that is made

#[test]
fn a_certificate_is_made_for_every_name_that_the_settings_mention() {
    if !tools::are_here(&["openssl"]) {
        return;
    }
    let program = Program::with_keys();
    let hosts =
        ["--public-url", "https://portal.example", "--second-origin", "https://forms.example:8443", "--allowed-host"];
    let serving = program.serve(&[SELF_SIGNED, &hosts, &["hallpass,192.0.2.7"]].concat());
    let names = shown(&serving, &["-ext", "subjectAltName"]);
    for name in ["DNS:localhost", "127.0.0.1", "portal.example", "forms.example", "DNS:hallpass", "192.0.2.7"] {
        assert!(names.contains(name), "{name}: {names}");
    }
    assert!(!names.contains("8443"), "{names}");
}

// ── what is spoken

#[test]
fn curl_is_answered_over_tls_1_2_and_1_3_and_with_http_1_1_also_where_it_asks_for_http_2() {
    if !tools::are_here(&["curl"]) {
        return;
    }
    let program = Program::with_keys();
    let serving = program.serve(SELF_SIGNED);
    assert!(serving.url.starts_with("https://127.0.0.1:"), "{}", serving.url);
    let url = format!("{}/healthz", serving.url);
    for version in ["1.2", "1.3"] {
        for http in ["--http1.1", "--http2"] {
            let least = format!("--tlsv{version}");
            let arguments = ["-k", &least, "--tls-max", version, http, "-w", "%{http_version}"];
            assert_eq!(curl(&url, &arguments).out, "ok\n1.1", "{version} {http}");
        }
    }
    assert_eq!(curl(&url, &[]).code, 60, "nobody vouches for the certificate");
    assert_eq!(serving.stop().code, Some(0));
}

#[test]
fn who_speaks_http_without_tls_is_told_the_https_address() {
    if !tools::are_here(&["curl"]) {
        return;
    }
    let program = Program::with_keys();
    let serving = program.serve(SELF_SIGNED);
    let plain = serving.url.replace("https", "http");
    let says = "This server speaks https. Write https:// in front of its address.";
    let json = curl(&format!("{plain}/api/me"), &["-w", "%{http_code}"]);
    assert_eq!(json.out, format!(r#"{{"error":"bad_request","message":"{says}"}}400"#));

    let page = curl(&format!("{plain}/class"), &["-i", "-H", "Accept: text/html"]).out;
    assert!(page.starts_with("HTTP/1.1 400 ") && page.contains(says), "{page}");
    assert!(page.contains(&format!(r#"href="{}/""#, serving.url)), "{page}");
    assert!(!page.to_lowercase().contains("set-cookie") && !page.contains("stylesheet"), "{page}");

    let foreign = curl(&format!("{plain}/"), &["-H", "Accept: text/html", "-H", "Host: evil.example"]).out;
    assert!(foreign.contains(says) && !foreign.contains("evil.example"), "{foreign}");

    let large = "x".repeat(60_000);
    let posted = curl(&format!("{plain}/token"), &["-d", &large, "-w", "%{http_code}"]);
    assert!(posted.out.ends_with("400"), "what it still sends is read: {}", posted.out);
    assert_eq!(curl(&format!("{}/healthz", serving.url), &["-k"]).out, "ok\n");
    let stopped = serving.stop();
    assert_eq!(stopped.code, Some(0));
}

/// What openssl says of a connection on which it offered these protocols (RFC 7301).
fn offered(serving: &Serving, protocols: &str) -> String {
    let address = serving.url.trim_start_matches("https://");
    let output = Command::new("openssl")
        .args(["s_client", "-connect", address, "-alpn", protocols])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat()
}

#[test]
fn of_the_protocols_that_a_client_offers_http_1_1_is_taken_and_others_alone_are_refused_with_an_alert() {
    if !tools::are_here(&["openssl"]) {
        return;
    }
    let program = Program::with_keys();
    let serving = program.serve(SELF_SIGNED);
    for protocols in ["h2,http/1.1", "http/1.1", "http/1.1,h2"] {
        let said = offered(&serving, protocols);
        assert!(said.contains("ALPN protocol: http/1.1"), "{protocols}: {said}");
    }
    for protocols in ["h2", "h2,h2c", "http/1.0"] {
        let said = offered(&serving, protocols);
        assert!(said.contains("alert no application protocol"), "{protocols}: {said}");
        assert!(!said.contains("ALPN protocol: h2"), "{protocols}: {said}");
    }
    assert_eq!(curl(&format!("{}/healthz", serving.url), &["-k", "--no-alpn"]).out, "ok\n");
    assert_eq!(serving.stop().code, Some(0));
}

#[test]
fn http_2_without_tls_is_refused_at_once_and_an_upgrade_to_it_answered_as_http_1_1() {
    let program = Program::with_keys();
    let serving = program.serve(&[]);
    // What a client sends that knows the server to speak HTTP/2 (RFC 9113 §3.4), with its first frame.
    let preface = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &[0, 0, 0, 4, 0, 0, 0, 0, 0]].concat();
    let began = Instant::now();
    let answer = RawAnswer::to(&serving.url, preface);
    assert_eq!(answer.status, 400, "{}", answer.head);
    assert!(answer.body.starts_with(r#"{"error":"bad_request","message":"#), "{}", answer.body);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());

    let host = serving.url.trim_start_matches("http://");
    let upgrade =
        "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
    let answer = RawAnswer::to(&serving.url, format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n{upgrade}"));
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok\n"));
    assert!(!answer.head.to_lowercase().contains("upgrade"), "{}", answer.head);
    assert_eq!(serving.stop().code, Some(0));
}

#[test]
fn a_form_that_is_refused_unread_gets_its_answer_over_tls_each_time() {
    if !tools::are_here(&["curl"]) {
        return;
    }
    let program = Program::with_keys();
    let serving = program.serve(SELF_SIGNED);
    let foreign = "Origin: http://x.example";
    for _ in 0..10 {
        for (path, length, header, status) in [
            ("/algorithm", 20, foreign, "403"),
            ("/algorithm", 100_000, foreign, "403"),
            ("/healthz", 20, "Accept: */*", "405"),
            ("/a/b/c", 20, "Accept: */*", "404"),
            ("/token", 100_000, "Content-Type: application/json", "413"),
        ] {
            let (url, body) = (format!("{}{path}", serving.url), "x".repeat(length));
            let arguments = ["-k", "-d", &body, "-H", header, "-o", "/dev/null", "-w", "%{http_code}"];
            assert_eq!(curl(&url, &arguments).out, status, "{length} bytes to {path}");
        }
    }
}

#[test]
fn tls_1_1_is_refused() {
    if !tools::are_here(&["openssl"]) {
        return;
    }
    let program = Program::with_keys();
    let serving = program.serve(SELF_SIGNED);
    let address = serving.url.trim_start_matches("https://");
    // At level 0 OpenSSL itself would speak the old versions.
    let said = |version| openssl(&["s_client", "-connect", address, version, "-cipher", "ALL:@SECLEVEL=0"], "");
    for old in ["-tls1", "-tls1_1"] {
        assert!(said(old).contains("Cipher is (NONE)"), "{old}");
    }
    assert!(!said("-tls1_2").contains("Cipher is (NONE)"));
}

#[test]
fn the_self_signed_certificate_names_this_machine_and_is_kept_in_memory() {
    if !tools::are_here(&["openssl", "curl"]) {
        return;
    }
    let program = Program::with_keys();
    let serving = program.serve(SELF_SIGNED);
    let names = shown(&serving, &["-ext", "subjectAltName"]);
    assert!(names.contains("DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"), "{names}");
    let print = shown(&serving, &["-fingerprint", "-sha256"]);
    let print = print.trim_end().split_once('=').unwrap().1;
    serving.log_with(&format!("its SHA-256 is {print}"));
    let port = serving.url.rsplit(':').next().unwrap();
    assert_eq!(curl(&format!("https://localhost:{port}/healthz"), &["-k", "-4"]).out, "ok\n");
    for folder in [program.path("."), program.path("keys")] {
        let names: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert!(names.iter().all(|name| !name.to_str().unwrap().contains("tls")), "{names:?}");
    }
    let first = print.to_owned();
    let again = program.serve(SELF_SIGNED);
    assert!(!shown(&again, &["-fingerprint", "-sha256"]).contains(&first), "each start makes its own");
}

#[test]
fn the_demo_works_over_https_and_its_cookie_is_for_https_alone() {
    if !tools::are_here(&["curl"]) {
        return;
    }
    let program = Program::with_keys();
    let serving = program.serve(SELF_SIGNED);
    let jar = program.path("jar").to_str().unwrap().to_owned();
    for base in [serving.url.clone(), serving.url.replace("127.0.0.1", "localhost")] {
        let visit = |path: &str, arguments: &[&str]| {
            curl(&format!("{base}{path}"), &[&["-k", "-4", "-b", &jar, "-c", &jar], arguments].concat()).out
        };
        let generated = visit("/generate", &["-i"]).to_lowercase();
        let cookie = generated.lines().find(|line| line.starts_with("set-cookie:")).unwrap();
        for part in [" __host-hallpass=", "; secure", "; httponly", "; path=/", "; samesite=lax"] {
            assert!(cookie.contains(part), "{part}: {cookie}");
        }
        assert!(!generated.contains("strict-transport-security"), "never on loopback: {generated}");
        let validated = visit("/validate", &["-o", "/dev/null", "-w", "%{redirect_url}"]);
        assert_eq!(validated, format!("{base}/bob"));

        let choose = |origin: &str| {
            let origin = format!("Origin: {origin}");
            visit("/algorithm", &["-d", "algorithm=RS256", "-H", &origin, "-o", "/dev/null", "-w", "%{http_code}"])
        };
        assert_eq!(choose(&base), "303");
        assert_eq!(choose(&base.replace("https", "http")), "403", "the scheme is part of an origin");
    }
}

#[test]
fn issuer_audience_and_the_pages_commands_are_https() {
    if !tools::are_here(&["curl"]) {
        return;
    }
    let program = Program::with_keys();
    let serving = program.serve(SELF_SIGNED);
    let ask =
        |path: &str, arguments: &[&str]| curl(&format!("{}{path}", serving.url), &[&["-k"], arguments].concat()).out;
    let assertion = ask("/zoom/token", &["-X", "POST", "-u", "susan:secret"]);
    let assertion = assertion.split('"').nth(3).unwrap();
    let grant = format!("assertion={assertion}");
    let kind = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer";
    let bearer = ask("/oauth/token", &["-d", &grant, "-d", kind]);
    let bearer = bearer.split('"').nth(3).unwrap();
    let claims = crate::app::part(bearer, 1);
    assert_eq!(claims.matches(&format!("\"{}\"", serving.url)).count(), 2, "iss and aud: {claims}");
    let me = ask("/api/me", &["-H", &format!("Authorization: Bearer {bearer}"), "-w", "%{http_code}"]);
    assert!(me.ends_with("200"), "{me}");
    let docs = ask("/docs/api", &["-H", "Accept: text/html"]);
    assert!(docs.contains(&serving.url) && !docs.contains(&serving.url.replace("https", "http")));
    let lesson = ask("/lab/lessons/cross-site-forms?step=set", &["-H", "Accept: text/html", "-b", "lab-strict=1"]);
    assert!(lesson.contains(&serving.url.replace("127.0.0.1", "localhost")), "the other site is https too");
}

#[test]
fn hsts_is_sent_under_a_public_name_with_a_certificate_that_somebody_vouches_for_and_only_then() {
    let ca = rcgen::CertifiedIssuer::self_signed(
        {
            let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
            params.distinguished_name.push(DnType::CommonName, "a CA");
            params
        },
        KeyPair::generate().unwrap(),
    );
    let (ca, key) = (ca.unwrap(), KeyPair::generate().unwrap());
    let vouched = CertificateParams::new(["demo.example".to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    let vouched = Pair { chain: vouched.pem(), key: key.serialize_pem() };
    for (pair, public, expected) in [
        (&vouched, Some("https://demo.example"), true),
        (&vouched, None, false),
        (&Pair::named("own"), Some("https://demo.example"), false),
    ] {
        let program = Program::with_keys();
        pair.write(&program);
        let public: Vec<&str> = public.iter().flat_map(|url| ["--public-url", url]).collect();
        let serving = program.serve(&[FILES, &public].concat());
        let mut line = BareConnection::to(&serving.url).unwrap();
        line.send(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").unwrap();
        let answer = String::from_utf8(line.rest()).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(answer.contains("strict-transport-security: max-age="), expected, "{public:?}: {answer}");
    }
}

// ── the pair

#[test]
fn each_kind_and_form_of_key_serves() {
    if !tools::are_here(&["openssl", "curl"]) {
        return;
    }
    let program = Program::with_keys();
    let script = "openssl req -x509 -newkey $1 -nodes -keyout pkcs8.pem -out chain.pem -days 2 -subj /CN=localhost \
                  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 && openssl ${2:-pkey} -in pkcs8.pem $3 -out key.pem";
    for (kind, tool, form) in [
        ("rsa:2048", "rsa", "-traditional"),
        ("rsa:2048", "pkey", ""),
        ("ec -pkeyopt ec_paramgen_curve:P-256", "ec", ""),
        ("ec -pkeyopt ec_paramgen_curve:P-384", "pkey", ""),
        ("ed25519", "pkey", ""),
    ] {
        let script = script.replace("$1", kind).replace("${2:-pkey}", tool).replace("$3", form);
        let made = Command::new("sh").args(["-c", &script]).current_dir(program.path(".")).output().unwrap();
        assert!(made.status.success(), "{kind}: {}", String::from_utf8_lossy(&made.stderr));
        let serving = program.serve(FILES);
        let ca = program.path("chain.pem");
        let done = curl(&format!("{}/healthz", serving.url), &["--cacert", ca.to_str().unwrap()]);
        assert_eq!((done.code, done.out.as_str()), (0, "ok\n"), "{kind} as {tool}");
    }
}

/// Long because it is one table of cases.
const WITHOUT_PASSPHRASE: &str = "`umask 077 && openssl pkey -in key.pem -out NEW`, and use `--tls-key NEW`";

/// What happens to a PEM between two programs.
type Journey = fn(&str) -> String;

#[test]
fn a_pair_is_read_however_its_line_ends_are_written_and_no_line_repeats_the_key() {
    let pair = Pair::named("good");
    let journeys: [(&str, Journey); 7] = [
        ("literal line ends", |pem| pem.replace('\n', "\\n")),
        ("one line", |pem| pem.replace('\n', "")),
        ("blanks", |pem| pem.replace('\n', " ")),
        ("a byte order mark", |pem| format!("\u{feff}{pem}")),
        ("indented", |pem| format!("  {}", pem.replace('\n', "\n  "))),
        ("quoted", |pem| format!("\"{}\"", pem.replace('\n', "\\n"))),
        ("CRLF", |pem| pem.replace('\n', "\r\n")),
    ];
    for (name, journey) in journeys {
        let program = Program::with_keys();
        Pair { chain: journey(&pair.chain), key: journey(&pair.key) }.write(&program);
        let checked = program.run(&[&["check"], FILES].concat());
        assert!(checked.stdout.contains("ok     tls: `chain.pem`"), "{name}: {}", checked.stdout);
    }
    let body = pair.key.lines().nth(1).unwrap();
    let numbers = |text: &str| text.bytes().take(5).map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ");
    for key in [
        pair.key.replace("-----\n", "-----"),
        pair.key.replacen("-----\n", " ", 1).replace('\n', " "),
        pair.key.replacen("-----\n", "\\n", 1).replace('\n', "\\n"),
        pair.key.replace("-----END PRIVATE KEY-----", "").replace('\n', " "),
        pair.key.replace("-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY").replace('\n', ""),
    ] {
        let program = Program::with_keys();
        Pair { chain: pair.chain.clone(), key: key.clone() }.write(&program);
        let checked = program.run(&[&["check"], FILES].concat());
        let is_refused = checked.code == Some(2);
        let started = is_refused.then(|| program.run(&[&["--bind", "127.0.0.1:0"], FILES].concat()).stderr);
        for told in [checked.stdout, checked.stderr, started.unwrap_or_default()] {
            assert!(!told.contains(&body[..12]) && !told.contains(&body[24..36]), "{key}: {told}");
            assert!(!told.contains(&numbers(&key)) && !told.contains(&numbers(body)), "{key}: {told}");
        }
    }
}

#[test]
fn a_bad_pair_ends_the_start_with_one_line_that_names_the_file_and_the_remedy() {
    let good = Pair::named("good");
    let other = Pair::named("other");
    let cut = &good.chain[..good.chain.len() / 2];
    let not_der = "-----BEGIN CERTIFICATE-----\naGFsbHBhc3M=\n-----END CERTIFICATE-----\n";
    let [encrypted, small, jwk] = ["rsa-openssh-encrypted", "rsa-1024-pkcs8.pem", "rsa-private.jwk.json"]
        .map(|name| fs::read_to_string(fixture(name)).unwrap());
    let ppk = "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nComment: x\nPublic-Lines: 6\nAAAA\n";
    let oct = r#"{"kty":"oct","k":"c2VjcmV0"}"#;
    let legacy = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n\
                  -----END RSA PRIVATE KEY-----\n";
    let with_phrase = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let no_key = "-----BEGIN PRIVATE KEY-----\naGFsbHBhc3M=\n-----END PRIVATE KEY-----\n";
    for (chain, key, words) in [
        ("", &*good.key, ["--tls-cert `chain.pem`", "it is empty"]),
        (
            cut,
            &good.key,
            ["--tls-cert `chain.pem`", "cut short or damaged: the line `-----END CERTIFICATE-----` is missing"],
        ),
        ("hello", &good.key, ["--tls-cert `chain.pem`", "it has no certificate; give PEM"]),
        (&good.key, &good.key, ["--tls-cert `chain.pem`", "it has no certificate"]),
        (not_der, &good.key, ["--tls-cert `chain.pem`", "cannot be read"]),
        (&good.chain, "", ["--tls-key `key.pem`", "it is empty"]),
        (&good.chain, "hello", ["--tls-key `key.pem`", "PKCS#8, PKCS#1 or SEC1"]),
        (&good.chain, &good.chain, ["--tls-key `key.pem`", "no private key"]),
        (&good.chain, legacy, ["--tls-key `key.pem`", WITHOUT_PASSPHRASE]),
        (&good.chain, with_phrase, ["--tls-key `key.pem`", WITHOUT_PASSPHRASE]),
        (&good.chain, &encrypted, ["--tls-key `key.pem`", "`ssh-keygen -p -N '' -f key.pem`"]),
        (&good.chain, no_key, ["--tls-key `key.pem`", "cut short or damaged"]),
        (&good.chain, &small, ["--tls-key `key.pem`", "TLS cannot sign with it; accepted: RSA"]),
        (&good.chain, ppk, ["--tls-key `key.pem`", "`umask 077 && puttygen key.pem -O private-openssh -o tls.key`"]),
        (&good.chain, oct, ["--tls-key `key.pem`", "a secret as a JWK"]),
        (&good.chain, &jwk, ["--tls-key `key.pem`", "`umask 077 && node -e"]),
        (&good.chain, &other.key, ["--tls-key `key.pem` is not the key", "--tls-cert `chain.pem`"]),
    ] {
        let program = Program::with_keys();
        Pair { chain: chain.to_owned(), key: key.to_owned() }.write(&program);
        let began = Instant::now();
        program.run(&[&["--bind", "127.0.0.1:0"], FILES].concat()).assert_failed(&words);
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        let checked = program.run(&[&["check"], FILES].concat());
        assert_eq!(checked.code, Some(2));
        let wrong = checked.stdout.lines().find(|line| line.starts_with("wrong  tls: ")).unwrap();
        assert!(words.iter().all(|word| wrong.contains(word)), "{wrong}");
    }
    let program = Program::with_keys();
    program
        .run(&[&["--bind", "127.0.0.1:0"], FILES].concat())
        .assert_failed(&["--tls-cert `chain.pem`", "No such file"]);
    fs::create_dir(program.path("chain.pem")).unwrap();
    program.run(FILES).assert_failed(&["--tls-cert `chain.pem`", "not a regular file"]);
}

#[test]
fn settings_of_tls_that_do_not_fit_together_end_the_start() {
    let program = Program::new();
    for (arguments, words) in [
        (&["--tls-cert", "a"][..], ["--tls-cert is set, and --tls-key is not", "accepted: both or neither"]),
        (&["--tls-key", "a"], ["--tls-key is set, and --tls-cert is not", "accepted: both or neither"]),
        (&["--tls-self-signed", "maybe"], ["--tls-self-signed is `maybe`", "on or off"]),
        (&["--tls-self-signed=1", "--tls-cert", "a", "--tls-key", "b"], ["--tls-self-signed", "one of the two"]),
        (
            &["--tls-self-signed", "--bind", "0.0.0.0:0", "--credentials", "any"],
            ["--bind `0.0.0.0:0` is no loopback address", "--tls-cert and --tls-key"],
        ),
        (
            &["--tls-self-signed", "--public-url", "http://demo.example"],
            ["--public-url is `http://demo.example`", "https://"],
        ),
        (
            &["--tls-self-signed", "--second-origin", "http://forms.localhost:5000"],
            ["--second-origin is `http://forms.localhost:5000`", "https://"],
        ),
        (
            &["--public-url", "https://demo.example", "--second-origin", "https://demo.example:443/"],
            ["--second-origin is `https://demo.example`", "another origin"],
        ),
        (
            &["--second-origin", "http://127.0.0.1:5000"],
            ["--second-origin is `http://127.0.0.1:5000`", "another origin"],
        ),
        (&["--max-connections", "0"], ["--max-connections is `0`", "1 to 1000000"]),
    ] {
        program.run(arguments).assert_failed(&words);
    }
}

#[test]
fn an_expired_certificate_and_a_key_that_others_may_read_are_only_warned_of() {
    let program = Program::with_keys();
    Pair::until("old", 2001).write(&program);
    fs::set_permissions(program.path("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let serving = program.serve(FILES);
    assert_eq!(BareConnection::to(&serving.url).unwrap().get("/healthz").unwrap().status, 200);
    let log = serving.log_with("may read `key.pem`");
    for words in [
        "--tls-cert `chain.pem` expired on 2001-01-01",
        "--tls-key: others on this machine may read `key.pem` (mode 0644); `chmod 600",
    ] {
        assert!(log.lines().any(|line| line.contains("WARN") && line.contains(words)), "{words}: {log}");
    }
    let checked = program.run(&[&["check"], FILES].concat());
    assert!(checked.stdout.contains("ok     tls: `chain.pem`\n"), "{}", checked.stdout);
    for words in [
        "note   tls: --tls-cert `chain.pem` expired on 2001-01-01",
        "note   tls: --tls-key: others on this machine may read `key.pem`",
    ] {
        assert!(checked.stdout.contains(words), "{words}: {}", checked.stdout);
    }
}

#[test]
fn sighup_takes_a_new_pair_without_a_word_to_who_is_connected_and_keeps_the_old_one_before_a_bad_one() {
    if !tools::are_here(&["openssl"]) {
        return;
    }
    let program = Program::with_keys();
    Pair::named("first").write(&program);
    let serving = program.serve(FILES);
    let subject = || shown(&serving, &["-subject"]);
    let mut before = BareConnection::to(&serving.url).unwrap();
    assert_eq!(before.get("/healthz").unwrap().status, 200);
    assert!(subject().contains("first"));

    let second = Pair::named("second");
    second.write(&program);
    assert!(subject().contains("first"), "nothing changes unasked");
    serving.signal("-HUP");
    serving.log_with("the certificate was read again");
    serving.log_with("the keys were read again"); // both on one signal
    assert!(subject().contains("second"));
    assert_eq!(before.get("/healthz").unwrap().status, 200, "the open connection goes on");

    put_key(&program, &Pair::named("third").key);
    serving.signal("-HUP");
    serving.log_with("the certificate stays as it was");
    let log = serving.log();
    let line = log.lines().find(|line| line.contains("the certificate stays as it was")).unwrap();
    assert!(line.contains("--tls-key `key.pem` is not the key"), "{line}");
    assert!(subject().contains("second"));
    assert_eq!(before.get("/healthz").unwrap().status, 200);
    assert_eq!(serving.stop().code, Some(0));
}

// ── a class

#[test]
fn the_manual_s_command_for_a_class_over_https_runs_one_and_a_self_signed_certificate_does_not_do() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md")).unwrap();
    let (_, section) = page.split_once("\n### A class over https\n").unwrap();
    let block = section.split_once("```console\n").unwrap().1.split_once("```").unwrap().0;
    let command = block.replace("\\\n", " ").replace("/etc/hallpass/", "");
    let words: Vec<&str> = command.split_whitespace().collect();
    let ["hallpass", "--bind", "0.0.0.0:5443", arguments @ ..] = &words[..] else { panic!("{block}") };
    let program = Program::with_keys();
    Pair::named("lab.school.example").write(&program);
    let serving = program.serve_at("0.0.0.0:0", arguments);
    let log = serving.log_with("the teacher's link is https://lab.school.example:5443/class/board?key=");
    assert!(!log.contains("in place of `localhost`"), "{log}");
    let refused = program.run(&["--class", "on", "--credentials", "any", "--bind", "0.0.0.0:0", "--tls-self-signed"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    if tools::are_here(&["curl"]) {
        let page = curl(&format!("{}/class", serving.url), &["-k", "-H", "Host: lab.school.example:5443"]);
        assert!(page.out.contains("No class is open now."), "{}", page.out);
    }
}
