//! The documents by which clients and APIs find everything else from one URL: the issuer (OpenID Connect Discovery §3,
//! RFC 8414) and the protected resources (RFC 9728).

use serde_json::{Value, json};

use super::authorization::RESPONSE_TYPE;
use super::authorization_response::ResponseMode;
use super::scope::KnownScope;
use super::token_request::GrantType;
use crate::keys::Algorithm;
use crate::profiles::TOKEN_ENDPOINT;

pub const AUTHORIZE: &str = "/oauth/authorize";
pub const TOKEN: &str = TOKEN_ENDPOINT;
pub const USERINFO: &str = "/oauth/userinfo";
pub const INTROSPECT: &str = "/oauth/introspect";
pub const REVOKE: &str = "/oauth/revoke";
pub const LOGOUT: &str = "/oauth/logout";
pub const JWKS: &str = "/.well-known/jwks.json";
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
pub const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
pub const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";
pub const PROTECTED_RESOURCE_ME: &str = "/.well-known/oauth-protected-resource/api/me";

/// How a client authenticates at an endpoint that needs a secret.
const WITH_SECRET: [&str; 2] = ["client_secret_basic", "client_secret_post"];
/// The same where a public client is accepted too.
const WITH_OR_WITHOUT_SECRET: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];

const CLAIMS: [&str; 12] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "at_hash",
    "name",
    "preferred_username",
    "email",
    "email_verified",
];

/// What the document of the issuer is about.
pub struct IssuerMetadata<'a> {
    /// The issuer. Browsers are sent to addresses under it.
    pub url: &'a str,
    /// The origin in the client's request for this document. Programs send their requests to addresses under it,
    /// because they may not reach the issuer's own.
    pub back_channel: &'a str,
    /// What ID tokens may be signed with.
    pub algorithms: &'a [Algorithm],
}

impl IssuerMetadata<'_> {
    /// The document at [`OPENID_CONFIGURATION`] and [`AUTHORIZATION_SERVER`].
    pub fn document(&self) -> Value {
        let front = |path: &str| format!("{}{path}", self.url);
        let back = |path: &str| format!("{}{path}", self.back_channel);
        json!({
            "issuer": self.url,
            "authorization_endpoint": front(AUTHORIZE),
            "token_endpoint": back(TOKEN),
            "jwks_uri": back(JWKS),
            "userinfo_endpoint": back(USERINFO),
            "introspection_endpoint": back(INTROSPECT),
            "revocation_endpoint": back(REVOKE),
            "end_session_endpoint": front(LOGOUT),
            "response_types_supported": [RESPONSE_TYPE],
            "response_modes_supported": ResponseMode::ALL.map(ResponseMode::as_str),
            "grant_types_supported": GrantType::ALL.map(GrantType::as_str),
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": WITH_OR_WITHOUT_SECRET,
            "introspection_endpoint_auth_methods_supported": WITH_SECRET,
            "revocation_endpoint_auth_methods_supported": WITH_OR_WITHOUT_SECRET,
            "scopes_supported": KnownScope::ALL.map(KnownScope::as_str),
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": self.algorithm_names(),
            "claims_supported": CLAIMS,
            "authorization_response_iss_parameter_supported": true,
            // Without this member, clients may assume that it is supported (OpenID Connect Discovery §3).
            "request_uri_parameter_supported": false,
        })
    }

    fn algorithm_names(&self) -> Vec<&'static str> {
        self.algorithms.iter().map(|algorithm| algorithm.as_str()).collect()
    }
}

/// The path of the resource that has a document of its own.
pub const RESOURCE_PATH: &str = "/api/me";

/// A resource of this server that takes its access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The issuer's origin.
    Origin,
    /// The address [`RESOURCE_PATH`] under the issuer.
    Me,
}

impl Resource {
    pub const ALL: [Self; 2] = [Self::Origin, Self::Me];

    /// What an access token for it says as its audience.
    pub fn identifier(self, issuer: &str) -> String {
        match self {
            Self::Origin => issuer.to_owned(),
            Self::Me => format!("{issuer}{RESOURCE_PATH}"),
        }
    }

    /// The address of its document: the resource's path comes after the well-known one (RFC 9728 §3.1).
    pub fn metadata_url(self, issuer: &str) -> String {
        match self {
            Self::Origin => format!("{issuer}{PROTECTED_RESOURCE}"),
            Self::Me => format!("{issuer}{PROTECTED_RESOURCE_ME}"),
        }
    }

    /// The document.
    pub fn document(self, issuer: &str) -> Value {
        json!({
            "resource": self.identifier(issuer),
            "authorization_servers": [issuer],
            "bearer_methods_supported": ["header"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        let issuer = IssuerMetadata {
            url: "https://login.example",
            back_channel: "http://hallpass:5000",
            algorithms: &[Algorithm::Rs256, Algorithm::Ps256],
        };
        issuer.document()
    }

    #[test]
    fn browsers_go_to_the_issuer_and_programs_to_the_host_that_they_asked() {
        let document = document();
        assert_eq!(document["issuer"], "https://login.example");
        for (name, url) in [
            ("authorization_endpoint", "https://login.example/oauth/authorize"),
            ("end_session_endpoint", "https://login.example/oauth/logout"),
            ("token_endpoint", "http://hallpass:5000/oauth/token"),
            ("jwks_uri", "http://hallpass:5000/.well-known/jwks.json"),
            ("userinfo_endpoint", "http://hallpass:5000/oauth/userinfo"),
            ("introspection_endpoint", "http://hallpass:5000/oauth/introspect"),
            ("revocation_endpoint", "http://hallpass:5000/oauth/revoke"),
        ] {
            assert_eq!(document[name], url);
        }
    }

    #[test]
    fn the_document_says_what_is_supported() {
        let document = document();
        for (name, wanted) in [
            ("response_types_supported", json!(["code"])),
            ("response_modes_supported", json!(["query", "form_post"])),
            (
                "grant_types_supported",
                json!([
                    "authorization_code",
                    "client_credentials",
                    "refresh_token",
                    "urn:ietf:params:oauth:grant-type:jwt-bearer"
                ]),
            ),
            ("code_challenge_methods_supported", json!(["S256"])),
            ("token_endpoint_auth_methods_supported", json!(["client_secret_basic", "client_secret_post", "none"])),
            ("scopes_supported", json!(["openid", "profile", "email", "offline_access"])),
            ("subject_types_supported", json!(["public"])),
            ("id_token_signing_alg_values_supported", json!(["RS256", "PS256"])),
            ("authorization_response_iss_parameter_supported", json!(true)),
            ("request_uri_parameter_supported", json!(false)),
        ] {
            assert_eq!(document[name], wanted, "{name}");
        }
        assert!(document["claims_supported"].as_array().unwrap().contains(&json!("auth_time")));
    }

    #[test]
    fn each_resource_names_itself_and_its_issuer() {
        let me = Resource::Me;
        assert_eq!(
            me.document("http://localhost:1"),
            json!({
                "resource": "http://localhost:1/api/me",
                "authorization_servers": ["http://localhost:1"],
                "bearer_methods_supported": ["header"],
            })
        );
        assert_eq!(
            me.metadata_url("http://localhost:1"),
            "http://localhost:1/.well-known/oauth-protected-resource/api/me"
        );
        let origin = Resource::Origin;
        assert_eq!(origin.document("http://localhost:1")["resource"], "http://localhost:1");
        assert_eq!(
            origin.metadata_url("http://localhost:1"),
            "http://localhost:1/.well-known/oauth-protected-resource"
        );
    }
}
