//! The OAuth 2.0 and OpenID Connect issuer without HTTP and without a store: values in, values out.
//!
//! - [`parameters`], [`error`]: what a request says, and the errors that answer it
//! - [`client`], [`scope`], [`audience`], [`redirect_uri`], [`pkce`]: the parts of requests, parsed
//! - [`authorization`], [`authorization_response`], [`login`]: the authorization endpoint
//! - [`token_request`], [`stored_grant`], [`code`], [`endpoint_responses`], [`email_address`]: the token endpoint,
//!   userinfo and introspection
//! - [`user_claims`]: what a test says of a user
//! - [`logout`]: the logout endpoint
//! - [`discovery`]: the documents by which all of it is found
//! - [`policy`]: what the operator decides
//!
//! Misuse does not compile: only [`redirect_uri::RedirectRules`] creates a redirect URI, only
//! [`authorization::AuthorizationRequest::parse`] a request for a code, and only an accepted secret an authenticated
//! client.

pub mod audience;
pub mod authorization;
pub mod authorization_response;
pub mod client;
pub mod code;
pub mod discovery;
pub mod email_address;
pub mod endpoint_responses;
pub mod error;
pub mod login;
pub mod logout;
pub mod parameters;
pub mod pkce;
pub mod policy;
pub mod redirect_uri;
mod response_target;
pub mod scope;
pub mod stored_grant;
pub mod token_request;
pub mod user_claims;
