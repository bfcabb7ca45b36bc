//! Settings that depend on several options, or whose default is known only when the program runs.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::error::BadSetting;
use super::hosts::AllowedHosts;
use super::options::Options;
use super::origins::{CorsOrigins, PublicUrl};
use super::values::{Credentials, TestMode};

/// The source of the server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Two PEM files, read again on SIGHUP.
    Files { chain: PathBuf, key: PathBuf },
    /// Generated at startup for localhost and these further names, and never stored.
    SelfSigned { names: Vec<String> },
}

/// With these settings the request decides as which host, or as which issuer, the server answers. So they need test
/// mode.
pub(super) fn check_hosts(options: &Options) -> Result<(), BadSetting> {
    if options.allowed_hosts == Some(AllowedHosts::Any) && options.test_mode != TestMode::Exposed {
        return Err(BadSetting::EveryHostAllowed);
    }
    if options.issuer_from_host && options.test_mode == TestMode::Off {
        return Err(BadSetting::IssuerFromHostWithoutTestMode);
    }
    Ok(())
}

/// The second origin must differ from the first: the public URL or, without one, the address that the server binds.
pub(super) fn check_second_origin(options: &Options) -> Result<(), BadSetting> {
    let Some(second) = options.second_origin.as_ref().map(PublicUrl::origin) else { return Ok(()) };
    let served = ["http", "https"].map(|scheme| format!("{scheme}://{}", options.bind));
    let is_first = match &options.public_url {
        Some(public) => public.origin() == second,
        None => served.contains(&second),
    };
    if is_first { Err(BadSetting::SecondOriginIsFirst { url: second }) } else { Ok(()) }
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
    match (options.test_mode, reached_by(options)) {
        (TestMode::Off, _) => Ok(false),
        (TestMode::On, Some(reached_by)) => Err(BadSetting::TestModeExposed { reached_by }),
        (TestMode::On, None) | (TestMode::Exposed, _) => Ok(true),
    }
}

/// The setting by which other machines can reach the server, with its value.
fn reached_by(options: &Options) -> Option<String> {
    let bind = Some(options.bind).filter(|bind| !bind.ip().is_loopback()).map(|bind| format!("--bind `{bind}`"));
    let public_url = options.public_url.as_ref().filter(|url| !url.is_local());
    bind.or_else(|| public_url.map(|url| format!("--public-url `{}`", url.origin())))
}

/// TLS may end here or at a proxy, but no origin of this server may be `http:` if this server uses TLS.
pub(super) fn certificate(options: &Options) -> Result<Option<Certificate>, BadSetting> {
    let Some(certificate) = chosen_certificate(options)? else { return Ok(None) };
    for (flag, url) in [("public-url", &options.public_url), ("second-origin", &options.second_origin)] {
        if let Some(url) = url.as_ref().filter(|url| !url.is_https()) {
            return Err(BadSetting::UrlWithoutTls { flag, url: url.origin() });
        }
    }
    Ok(Some(certificate))
}

/// Every host that the settings mention.
fn named_hosts(options: &Options) -> Vec<String> {
    let urls = [&options.public_url, &options.second_origin].into_iter().flatten();
    let mut names: Vec<String> = urls.map(|url| url.host().to_owned()).collect();
    if let Some(AllowedHosts::Listed(hosts)) = &options.allowed_hosts {
        names.extend(hosts.iter().map(ToString::to_string));
    }
    names
}

fn chosen_certificate(options: &Options) -> Result<Option<Certificate>, BadSetting> {
    let Options { bind, tls_cert, tls_key, tls_self_signed, .. } = options;
    match (tls_cert.clone(), tls_key.clone(), tls_self_signed) {
        (None, None, false) => Ok(None),
        (None, None, true) if !bind.ip().is_loopback() => Err(BadSetting::SelfSignedExposed { bind: *bind }),
        (None, None, true) => Ok(Some(Certificate::SelfSigned { names: named_hosts(options) })),
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
