//! The pages: the demo, the lab, the tutorials, the API's description.

pub(super) mod demo;
pub(super) mod docs;
pub(super) mod lab;
pub(super) mod static_files;
pub(super) mod tutorials;
