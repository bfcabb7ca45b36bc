//! Settings that depend on several options, or whose default is known only when the program runs.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::bad::BadSetting;
use super::hosts::AllowedHosts;
use super::options::Options;
use super::origins::CorsOrigins;
use super::values::{Credentials, TestMode};

/// The source of the server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Two PEM files, read again on SIGHUP.
    Files { chain: PathBuf, key: PathBuf },
    /// Generated at startup for localhost, and never stored.
    SelfSigned,
}

/// Whoever can choose the host of a request chooses what these settings do. So they are for tests.
pub(super) fn check_hosts(options: &Options) -> Result<(), BadSetting> {
    if options.allowed_hosts == Some(AllowedHosts::Any) && options.test_mode != TestMode::Exposed {
        return Err(BadSetting::EveryHostAllowed);
    }
    if options.issuer_from_host && options.test_mode == TestMode::Off {
        return Err(BadSetting::IssuerFromHostWithoutTestMode);
    }
    Ok(())
}

/// By default, the scripts of every site may call the token routes in test mode, and otherwise none.
pub(super) fn cors_origins(options: &Options) -> CorsOrigins {
    let default = if options.test_mode == TestMode::Off { CorsOrigins::default() } else { CorsOrigins::Any };
    options.cors_origins.clone().unwrap_or(default)
}

/// By default, any password is accepted only if the server listens on a loopback address.
pub(super) fn credentials(options: &Options) -> Result<Credentials, BadSetting> {
    match options.credentials {
        Some(Credentials::Users) if options.database.url.is_in_memory() => Err(BadSetting::UsersInMemory),
        Some(chosen) => Ok(chosen),
        None if options.bind.ip().is_loopback() => Ok(Credentials::Any),
        None => Err(BadSetting::CredentialsNotChosen { bind: options.bind }),
    }
}

/// In test mode, clients can sign anything. So it is open to other machines only if the settings say so explicitly.
pub(super) fn test_mode(options: &Options) -> Result<bool, BadSetting> {
    let Options { bind, public_url, .. } = options;
    let is_reachable = !bind.ip().is_loopback() || public_url.as_ref().is_some_and(|url| !url.is_local());
    match options.test_mode {
        TestMode::Off => Ok(false),
        TestMode::On if is_reachable => Err(BadSetting::TestModeExposed { bind: *bind }),
        TestMode::On | TestMode::Exposed => Ok(true),
    }
}

/// TLS may end here or at a proxy, but the public URL must not be `http:` if this server uses TLS.
pub(super) fn certificate(options: &Options) -> Result<Option<Certificate>, BadSetting> {
    let Some(certificate) = chosen_certificate(options)? else { return Ok(None) };
    match &options.public_url {
        Some(url) if !url.is_https() => Err(BadSetting::PublicUrlWithoutTls { url: url.origin() }),
        _ => Ok(Some(certificate)),
    }
}

fn chosen_certificate(options: &Options) -> Result<Option<Certificate>, BadSetting> {
    let Options { bind, tls_cert, tls_key, tls_self_signed, .. } = options;
    match (tls_cert.clone(), tls_key.clone(), tls_self_signed) {
        (None, None, false) => Ok(None),
        (None, None, true) if !bind.ip().is_loopback() => Err(BadSetting::SelfSignedExposed { bind: *bind }),
        (None, None, true) => Ok(Some(Certificate::SelfSigned)),
        (_, _, true) => Err(BadSetting::TlsTwice),
        (Some(chain), Some(key), false) => Ok(Some(Certificate::Files { chain, key })),
        (Some(_), None, _) => Err(BadSetting::TlsHalved { given: "tls-cert", missing: "tls-key" }),
        (None, Some(_), _) => Err(BadSetting::TlsHalved { given: "tls-key", missing: "tls-cert" }),
    }
}

/// By default, one thread for each core.
pub(super) fn workers(options: &Options) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    options.workers.unwrap_or_else(cores)
}
