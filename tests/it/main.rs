//! The integration tests: one binary, one file an area. Each test starts a server of its own on a free port.
#![cfg(test)]

mod accounts;
mod app;
mod attacks;
mod browser;
mod cli;
mod crash;
mod demo;
mod errors;
mod keys;
mod limits;
mod logs;
mod oauth;
mod openapi;
mod profiles;
mod properties;
mod pyjwt;
mod readme;
mod rest_api;
mod security;
mod store;
mod telesign;
mod tidy;
mod tokens;
mod tools;
mod tutorials;
mod twilio;
mod vectors;
