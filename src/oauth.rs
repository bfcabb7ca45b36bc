//! The OAuth 2.0 and OpenID Connect issuer without HTTP and without a store: values in, values out.
//!
//! - [`parameters`], [`error`]: what a request says, and the errors that answer it
//! - [`client`], [`scope`], [`audience`], [`redirect_uri`], [`pkce`]: the parts of requests, parsed
//! - [`authorization`], [`response`], [`login`]: the authorization endpoint
//! - [`grant`], [`granted`], [`code`], [`answer`]: the token endpoint, userinfo and introspection
//! - [`logout`]: the logout endpoint
//! - [`discovery`]: the documents by which all of it is found
//! - [`policy`]: what the operator decides
//!
//! Misuse does not compile: only [`redirect_uri::RedirectRules`] creates a redirect URI, only
//! [`authorization::AuthorizationRequest::parse`] a request for a code, and only an accepted secret an authenticated
//! client.

pub mod answer;
pub mod audience;
pub mod authorization;
pub mod client;
pub mod code;
pub mod discovery;
pub mod error;
pub mod grant;
pub mod granted;
pub mod login;
pub mod logout;
pub mod parameters;
pub mod pkce;
pub mod policy;
pub mod redirect_uri;
pub mod response;
pub mod scope;
