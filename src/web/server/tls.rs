//! TLS: the server's certificate, and how it is replaced while the server runs.
//!
//! rustls asks for the certificate at each handshake. So a new certificate is used from the next connection on, and
//! open connections are not affected. If a new one is bad, the old one stays.

mod certificate_fields;
mod files;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, RwLock};

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::{default_provider, sign};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use thiserror::Error;

use crate::keys::{Exposed, Privacy};
use crate::settings::Certificate;
use crate::sync;
use crate::texts::printable::escaped;
use crate::web::http::origins::{SCHOOL, Transport};
use certificate_fields::CertificateFields;
pub(in crate::web) use files::BadPair;

/// Why TLS cannot be set up.
#[derive(Debug, Error)]
pub enum TlsError {
    #[error(transparent)]
    Pair(#[from] BadPair),
    #[error("no certificate could be made for --tls-self-signed")]
    NotMade(#[source] rcgen::Error),
    #[error("the TLS library refuses its own settings")]
    Library(#[from] rustls::Error),
}

/// What `hallpass check` reports about a usable certificate.
pub struct TlsReport {
    /// The rest of the line `ok     tls: …`.
    pub summary: String,
    /// For example an expired certificate, or a key file that other users can read.
    pub warnings: Vec<String>,
}

impl TlsReport {
    pub fn without_warnings(summary: &str) -> Self {
        Self { summary: summary.to_owned(), warnings: Vec::new() }
    }
}

/// The certificate and key for new connections.
pub(in crate::web) struct Tls {
    source: Certificate,
    shown: Arc<Shown>,
    transport: Transport,
}

impl Tls {
    /// Reads or creates the certificate and its key, and logs warnings about them.
    pub fn load(source: &Certificate, now: DateTime<Utc>) -> Result<Self, TlsError> {
        let key = pair(source, now)?;
        let fields = fields(&key);
        log_certificate(source, &key, fields.as_ref(), now);
        let transport =
            if fields.is_some_and(|fields| fields.is_self_signed) { Transport::SelfSigned } else { Transport::Trusted };
        Ok(Self { source: source.clone(), shown: Arc::new(Shown(RwLock::new(Arc::new(key)))), transport })
    }

    /// An error if the server could not start with this certificate; otherwise a report with its expiry.
    pub fn check(source: &Certificate, now: DateTime<Utc>) -> Result<TlsReport, TlsError> {
        match source {
            Certificate::SelfSigned { .. } => {
                Ok(TlsReport::without_warnings("a certificate for localhost is made at the start"))
            }
            Certificate::Files { chain, key } => {
                let fields = fields(&pair(source, now)?);
                let good =
                    fields.as_ref().filter(|fields| fields.is_valid_at(now)).map(|fields| fields.validity_clause(now));
                let summary = format!("`{}`{}", chain.display(), good.unwrap_or_default());
                Ok(TlsReport { summary, warnings: warnings(chain, key, fields.as_ref(), now) })
            }
        }
    }

    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// TLS 1.2 and 1.3, with HTTP/1.1 only: our connection limits would not work for HTTP/2. A client that offers only
    /// other protocols gets the alert of RFC 7301 §3.2.
    pub fn config(&self) -> Result<ServerConfig, TlsError> {
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_protocol_versions(&[&TLS13, &TLS12])?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(self.shown.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Reads the certificate and key files again. A self-signed certificate stays, because it is in no file.
    pub fn reload(&self, now: DateTime<Utc>) -> Result<(), TlsError> {
        if matches!(self.source, Certificate::SelfSigned { .. }) {
            return Ok(());
        }
        let key = pair(&self.source, now)?;
        log_certificate(&self.source, &key, fields(&key).as_ref(), now);
        *sync::write(&self.shown.0) = Arc::new(key);
        log::info!("the certificate was read again");
        Ok(())
    }
}

struct Shown(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(sync::read(&self.0).clone())
    }
}

/// Never prints the key.
impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown(..)")
    }
}

fn pair(source: &Certificate, now: DateTime<Utc>) -> Result<CertifiedKey, TlsError> {
    match source {
        Certificate::Files { chain, key } => Ok(files::read(chain, key)?),
        Certificate::SelfSigned { names } => self_signed(names, now),
    }
}

/// A certificate for localhost and these names, valid for a year.
fn self_signed(further: &[String], now: DateTime<Utc>) -> Result<CertifiedKey, TlsError> {
    let mut names = ["localhost", "127.0.0.1", "::1"].into_iter().chain(SCHOOL).map(str::to_owned).collect::<Vec<_>>();
    for name in further.iter().map(|name| name.trim_matches(['[', ']'])) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    let mut params = CertificateParams::new(names).map_err(TlsError::NotMade)?;
    params.distinguished_name.push(DnType::CommonName, "Hallpass on this machine");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let midnight = |day: DateTime<Utc>| {
        let [month, date] = [day.month(), day.day()].map(|number| u8::try_from(number).unwrap_or(1));
        date_time_ymd(day.year(), month, date)
    };
    params.not_before = midnight(now - TimeDelta::days(1));
    params.not_after = midnight(now + TimeDelta::days(365));
    let key = KeyPair::generate().map_err(TlsError::NotMade)?;
    let certificate = params.self_signed(&key).map_err(TlsError::NotMade)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Ok(CertifiedKey::new(vec![certificate.der().clone()], sign::any_supported_type(&key)?))
}

fn fields(key: &CertifiedKey) -> Option<CertificateFields> {
    CertificateFields::of(key.cert.first()?)
}

fn log_certificate(source: &Certificate, key: &CertifiedKey, fields: Option<&CertificateFields>, now: DateTime<Utc>) {
    match source {
        Certificate::Files { chain, key } => {
            for warning in warnings(chain, key, fields, now) {
                log::warn!("{}", escaped(&warning));
            }
        }
        Certificate::SelfSigned { .. } => {
            let print = key.cert.first().map(|certificate| digest(&SHA256, certificate));
            let print: Vec<String> = print.iter().flat_map(AsRef::as_ref).map(|byte| format!("{byte:02X}")).collect();
            log::info!("a certificate for localhost was made for this run; its SHA-256 is {}", print.join(":"));
        }
    }
}

fn warnings(chain: &Path, key: &Path, fields: Option<&CertificateFields>, now: DateTime<Utc>) -> Vec<String> {
    let invalid = fields.filter(|fields| !fields.is_valid_at(now)).map(|fields| {
        format!(
            "--tls-cert `{}`{}, so clients refuse it; put a valid one there, which a running server reads on SIGHUP",
            chain.display(),
            fields.validity_clause(now)
        )
    });
    let files = [("tls-key", key, Privacy::Secret), ("tls-cert", chain, Privacy::Public)];
    let exposed = files
        .into_iter()
        .filter_map(|(flag, path, privacy)| Exposed::find(path, privacy).map(|it| it.warning_about(flag)));
    invalid.into_iter().chain(exposed).collect()
}
