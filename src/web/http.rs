//! What happens to every request, whatever its route.

pub(super) mod accept;
pub(super) mod body_limit;
pub(super) mod client;
pub(super) mod client_limit;
pub(super) mod client_work;
pub(super) mod connection;
pub(super) mod cookie_header;
pub(super) mod cors;
pub(super) mod endpoint;
pub(super) mod extractor;
pub(super) mod framework_errors;
pub(super) mod json_body;
pub(super) mod origins;
pub(super) mod problem;
pub(super) mod redirect;
pub(super) mod request_body;
pub(super) mod request_id;
pub(super) mod shutdown_flag;
pub(super) mod signing_queue;
