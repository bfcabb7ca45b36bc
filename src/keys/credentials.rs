//! The account values that the tutorials keep in the environment: Twilio's, Zoom's and TeleSign's.
//!
//! Missing values are generated once, in the right format, and kept in the folder, so that every token endpoint works
//! without an account. The services themselves do not accept generated values.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use aws_lc_rs::rand::SecureRandom;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use thiserror::Error;

use super::env_file::{BadEnvFile, parse_all};
use super::files::{link_into_place, read_file};
use super::{KeyError, KeyFault, Secret};

pub(super) const FILE: &str = "demo-credentials.env";

/// The variables, by the tutorials' own names.
pub const CREDENTIAL_NAMES: [&str; 7] = [
    "TWILIO_ACCOUNT_SID",
    "TWILIO_API_KEY_SID",
    "TWILIO_API_KEY_SECRET",
    "ZOOM_API_KEY",
    "ZOOM_API_SECRET",
    "TELESIGN_CUSTOMER_ID",
    "TELESIGN_API_KEY",
];

/// The values that were given, by name. Some are secrets, so none is printed.
#[derive(Clone, Default)]
pub struct GivenCredentials(HashMap<&'static str, String>);

impl GivenCredentials {
    /// Takes each value that `find` knows.
    pub fn collect(find: impl Fn(&str) -> Option<String>) -> Self {
        Self(CREDENTIAL_NAMES.into_iter().filter_map(|name| Some((name, find(name)?))).collect())
    }

    /// Whether some value of this service was given. Then the missing ones were probably forgotten or misspelt.
    pub fn has_any_of(&self, service: &str) -> bool {
        self.0.keys().any(|name| name.starts_with(&service.to_uppercase()))
    }
}

impl fmt::Debug for GivenCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// A credential that cannot be used.
#[derive(Debug, Error)]
pub enum BadCredential {
    #[error("TELESIGN_API_KEY is not base64; copy it from the account as it is, padding included and without spaces")]
    NotBase64,
    #[error("{0} cannot be a key")]
    Unfit(&'static str, #[source] KeyFault),
    #[error("`{FILE}` of the keys folder has no {0}; delete the file, and the next start makes it again")]
    Missing(&'static str),
    #[error(
        "`{FILE}` of the keys folder cannot be read; correct the line, or delete the file, and the next start makes it again"
    )]
    File(#[source] BadEnvFile),
}

/// The values of the services that sign nothing.
#[derive(Clone, Debug)]
pub struct Accounts {
    pub twilio_account_sid: String,
    pub twilio_api_key_sid: String,
    pub zoom_api_key: String,
    pub telesign_customer_id: String,
    /// The services with generated values, which work only here.
    pub generated_for: Vec<&'static str>,
}

/// The secrets of the services.
pub(super) struct AccountSecrets {
    pub twilio: Secret,
    pub zoom: Secret,
    pub telesign: Secret,
    /// The API key as the account shows it, for HTTP Basic.
    pub telesign_api_key: Secret,
}

/// The given credentials, completed from the keys folder.
pub(super) fn read(
    folder: &Path,
    given: &GivenCredentials,
    random: &dyn SecureRandom,
) -> Result<(Accounts, AccountSecrets), KeyError> {
    let path = folder.join(FILE);
    let kept = if given.0.len() == CREDENTIAL_NAMES.len() { HashMap::new() } else { read_or_generate(&path, random)? };
    read_values(&kept, given)
}

/// The given credentials, completed with generated ones that are not stored.
pub(super) fn generated(
    given: &GivenCredentials,
    random: &dyn SecureRandom,
) -> Result<(Accounts, AccountSecrets), KeyError> {
    read_values(&pairs_in(generate(Path::new(FILE), random)?.as_bytes())?, given)
}

fn read_values(
    kept: &HashMap<String, String>,
    given: &GivenCredentials,
) -> Result<(Accounts, AccountSecrets), KeyError> {
    let bad = |source| KeyError::Credential { source };
    let find = |name: &'static str| {
        let value = given.0.get(name).or_else(|| kept.get(name));
        value.cloned().ok_or_else(|| bad(BadCredential::Missing(name)))
    };
    let secret = |name: &'static str| {
        Secret::from_file(find(name)?.as_bytes()).map_err(|fault| bad(BadCredential::Unfit(name, fault)))
    };
    let api_key = find("TELESIGN_API_KEY")?;
    let decoded = STANDARD.decode(&api_key).map_err(|_| bad(BadCredential::NotBase64))?;
    let accounts = Accounts {
        twilio_account_sid: find("TWILIO_ACCOUNT_SID")?,
        twilio_api_key_sid: find("TWILIO_API_KEY_SID")?,
        zoom_api_key: find("ZOOM_API_KEY")?,
        telesign_customer_id: find("TELESIGN_CUSTOMER_ID")?,
        generated_for: generated_for(given),
    };
    let telesign =
        Secret::from_decoded(&decoded).map_err(|fault| bad(BadCredential::Unfit("TELESIGN_API_KEY", fault)))?;
    let (twilio, zoom) = (secret("TWILIO_API_KEY_SECRET")?, secret("ZOOM_API_SECRET")?);
    Ok((accounts, AccountSecrets { twilio, zoom, telesign, telesign_api_key: secret("TELESIGN_API_KEY")? }))
}

/// Checks the existing values, and generates none.
pub(super) fn check(folder: &Path, given: &GivenCredentials) -> Result<(), KeyError> {
    let path = folder.join(FILE);
    let is_kept = read_file(&path)?.is_some();
    if is_kept || given.0.len() == CREDENTIAL_NAMES.len() {
        return read_values(&pairs_of(&path)?, given).map(drop);
    }
    check_given(given)
}

/// Checks the values that are given, whatever the others will be.
pub(super) fn check_given(given: &GivenCredentials) -> Result<(), KeyError> {
    let bad = |source| Err(KeyError::Credential { source });
    for name in ["TWILIO_API_KEY_SECRET", "ZOOM_API_SECRET", "TELESIGN_API_KEY"] {
        if let Some(Err(fault)) = given.0.get(name).map(|value| Secret::from_file(value.as_bytes())) {
            return bad(BadCredential::Unfit(name, fault));
        }
    }
    match given.0.get("TELESIGN_API_KEY").map(|key| STANDARD.decode(key)) {
        Some(Err(_)) => bad(BadCredential::NotBase64),
        _ => Ok(()),
    }
}

/// Each service of which a value is missing.
fn generated_for(given: &GivenCredentials) -> Vec<&'static str> {
    let services = [("Twilio", "TWILIO_"), ("Zoom", "ZOOM_"), ("TeleSign", "TELESIGN_")];
    let lacks = |prefix| CREDENTIAL_NAMES.iter().any(|name| name.starts_with(prefix) && !given.0.contains_key(name));
    services.into_iter().filter(|(_, prefix)| lacks(*prefix)).map(|(service, _)| service).collect()
}

fn read_or_generate(path: &Path, random: &dyn SecureRandom) -> Result<HashMap<String, String>, KeyError> {
    if read_file(path)?.is_none() {
        link_into_place(path, &generate(path, random)?)?;
    }
    pairs_of(path)
}

fn pairs_of(path: &Path) -> Result<HashMap<String, String>, KeyError> {
    pairs_in(&read_file(path)?.unwrap_or_default())
}

fn pairs_in(bytes: &[u8]) -> Result<HashMap<String, String>, KeyError> {
    parse_all(bytes).map_err(|bad| KeyError::Credential { source: BadCredential::File(bad) })
}

/// Values in the format of each service.
fn generate(path: &Path, random: &dyn SecureRandom) -> Result<String, KeyError> {
    let fill = |bytes: &mut [u8]| random.fill(bytes).map_err(|_| KeyError::NoRandomness { path: path.to_owned() });
    let bytes = |count: usize| {
        let mut bytes = vec![0; count];
        fill(&mut bytes).map(|()| bytes)
    };
    let hex = || {
        let mut bytes = [0; 16];
        fill(&mut bytes).map(|()| format!("{:032x}", u128::from_be_bytes(bytes)))
    };
    let customer = hex()?.to_uppercase();
    Ok(format!(
        "# Made up here; the services themselves do not know these values.\n\
         TWILIO_ACCOUNT_SID=AC{}\n\
         TWILIO_API_KEY_SID=SK{}\n\
         TWILIO_API_KEY_SECRET={}\n\
         ZOOM_API_KEY={}\n\
         ZOOM_API_SECRET={}\n\
         TELESIGN_CUSTOMER_ID={}-{}-{}-{}-{}\n\
         TELESIGN_API_KEY={}\n",
        hex()?,
        hex()?,
        URL_SAFE_NO_PAD.encode(bytes(24)?),
        URL_SAFE_NO_PAD.encode(bytes(16)?),
        URL_SAFE_NO_PAD.encode(bytes(27)?),
        &customer[..8],
        &customer[8..12],
        &customer[12..16],
        &customer[16..20],
        &customer[20..],
        STANDARD.encode(bytes(64)?),
    ))
}
