//! All key material: what is read, what it may be used for, and who may see it.
//!
//! A key is bound to one algorithm (RFC 8725 §3.1), private and public keys are different types, and nothing prints a
//! secret. The [`KeyRing`] holds all keys of the `keys` folder.

mod algorithm;
mod bearer;
mod credentials;
mod current;
mod der;
mod derived_rsa;
mod ec;
mod ed25519;
mod encoding;
mod env_file;
mod factor;
mod fault;
mod files;
mod folder;
mod foreign;
mod given;
mod jwks;
mod key_set;
mod lab;
mod memory;
mod pair;
mod permissions;
mod private_jwk;
mod ready;
mod recognise;
mod ring;
mod rotation;
mod rsa;
mod secret;
mod signer;
mod source;
mod ssh;
mod teacher;
mod text_encoding;
mod tls;
mod verifier;

pub use algorithm::{Algorithm, KeyKind, UnknownAlgorithm, key_pair_for, shortest_signature_chars};
pub use bearer::BearerKeys;
pub use credentials::{Accounts, BadCredential, CREDENTIAL_NAMES, GivenCredentials};
pub use current::CurrentKeys;
pub use ec::{Curve, EcPrivateKey, EcPublicKey};
pub use ed25519::{Ed25519PrivateKey, Ed25519PublicKey};
pub use env_file::{BadEnvFile, Entry, LineFault, parse as parse_env_file};
pub(crate) use factor::greatest_common_divisor;
pub(crate) use fault::shell_word;
pub use fault::{KeyFault, KeyLocation};
pub use folder::{KeyError, RotatedKeys, Rotation, Warning, generate_file, generate_hs256, generate_rs256, rotate};
pub use foreign::Lock;
pub use given::{GivenKey, GivenVerifier};
pub use jwks::{Jwk, Jwks};
pub use key_set::{KeySet, ProfileKeys};
pub use lab::{Es256Pair, LabKeys};
pub use pair::{PrivateKey, PublicKey};
pub use permissions::{Exposed, Privacy};
pub use ring::{KeyRing, SESSION_KEY_BYTES};
pub use rotation::{OVERLAP, OldKeys, Renewal, Start};
pub use rsa::{RsaPrivateKey, RsaPublicKey};
pub use secret::{Secret, in_bytes};
pub use signer::{Signer, SigningError};
pub use source::KeySource;
pub use teacher::TeacherKey;
pub use tls::{tls_certificates, tls_key};
pub use verifier::Verifier;
