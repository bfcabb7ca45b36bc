//! The endpoints for programs.

pub(super) mod credentials;
pub(super) mod oauth;
pub(super) mod operations;
pub(super) mod rest_api;
pub(super) mod telesign;
pub(super) mod test_mode;
pub(super) mod twilio;
pub(super) mod well_known;
pub(super) mod zoom;
