//! The files that every page uses, embedded in the binary: one stylesheet, one small script, the icon.
//!
//! Their URLs contain a digest of the content, so that browsers can cache them for a year.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub(in crate::web) const STYLESHEET: &str = include_str!("../../../static/hallpass.css");
pub(in crate::web) const SCRIPT: &str = include_str!("../../../static/hallpass.js");
pub(in crate::web) const ICON: &str = include_str!("../../../static/ticket.svg");

/// What the footer of every page says.
pub(in crate::web) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Where the source is: `repository` in `Cargo.toml`, and without one the manual's page on building from a checkout.
pub(in crate::web) const SOURCE: &str =
    if env!("CARGO_PKG_REPOSITORY").is_empty() { "/docs/install#with-rust" } else { env!("CARGO_PKG_REPOSITORY") };

/// What the link there is called.
pub(in crate::web) const SOURCE_NAME: &str = if env!("CARGO_PKG_REPOSITORY").is_empty() { "Install" } else { "Source" };

/// The URLs of the files.
pub(in crate::web) struct Assets {
    pub stylesheet: String,
    pub script: String,
    pub icon: String,
    /// Whether every page warns that the server is in test mode.
    pub test_mode: bool,
}

impl Assets {
    pub fn new(test_mode: bool) -> Self {
        Self {
            stylesheet: address("hallpass.css", STYLESHEET),
            script: address("hallpass.js", SCRIPT),
            icon: address("ticket.svg", ICON),
            test_mode,
        }
    }
}

fn address(name: &str, content: &str) -> String {
    let digest = digest::digest(&digest::SHA256, content.as_bytes());
    format!("/static/{name}?v={}", URL_SAFE_NO_PAD.encode(&digest.as_ref()[..9]))
}
