//! The pages: the demo, the lab, the class, the issuer's login, the tutorials, the manual, the API's description.

pub(super) mod class;
pub(super) mod demo;
pub(super) mod docs;
pub(super) mod issuer;
pub(super) mod lab;
pub(super) mod manual;
pub(super) mod static_files;
pub(super) mod tutorials;
