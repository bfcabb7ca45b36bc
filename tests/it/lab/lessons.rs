//! The lessons over HTTP: each is solved by its own solution's text, near misses are named, and bad input is refused.

mod answer_pages;
mod cookies;
mod end_and_limits;
mod evidence;
mod from_an_issuer;
mod hints;
mod kept_work;
mod keys_and_browser_rules;
mod log_in_with_a_code;
mod long_texts;
mod next_step;
mod none;
mod repeated_presses;
mod sessions;
mod signatures;
mod start_here;
