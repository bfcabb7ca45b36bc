//! Reads the keys and the certificate again on SIGHUP, while requests go on.
//!
//! Keys in memory stay as they are. If a file is bad, the server logs the error and keeps the keys and certificate that
//! it has.

use std::io;
use std::sync::Arc;

use actix_web::rt::task::JoinHandle;
use actix_web::web;
use chrono::{DateTime, Utc};
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

use crate::keys::KeySource;
use crate::log::chain;
use crate::settings::Settings;
use crate::web::server::log_warnings;
use crate::web::server::parts::ServerParts;
use crate::web::server::tls::Tls;

/// Starts reloading on each SIGHUP.
#[cfg(unix)]
pub(in crate::web) fn on_hangup(
    parts: ServerParts,
    settings: Settings,
    tls: Option<Arc<Tls>>,
) -> io::Result<JoinHandle<()>> {
    // Registered at once: without a handler, an early SIGHUP would end the process.
    let mut hang_ups = signal(SignalKind::hangup())?;
    Ok(actix_web::rt::spawn(async move {
        while hang_ups.recv().await.is_some() {
            reload_keys(&parts, &settings).await;
            if let Some(tls) = &tls {
                reload_certificate(tls.clone(), parts.clock.now()).await;
            }
        }
    }))
}

#[cfg(not(unix))]
pub(in crate::web) fn on_hangup(_: ServerParts, _: Settings, _: Option<Arc<Tls>>) -> io::Result<JoinHandle<()>> {
    Ok(actix_web::rt::spawn(async {}))
}

async fn reload_keys(parts: &ServerParts, settings: &Settings) {
    let (source, accounts) = (settings.options.keys.source.clone(), settings.accounts.clone());
    if source == KeySource::Memory {
        log::info!("the keys stay as they are: with --keys memory there is no folder to read again");
        return;
    }
    let (random, bearer) = (parts.random.clone(), settings.bearer_keys());
    match web::block(move || source.read_or_make(&accounts, bearer, random.source())).await {
        Ok(Ok((ring, warnings))) => {
            log_warnings(&warnings);
            parts.keys.replace_by_reread(ring);
            log::info!("the keys were read again");
        }
        Ok(Err(error)) => log::error!("the keys stay as they were: {}", chain(&error)),
        Err(error) => log::error!("the keys stay as they were: {error}"),
    }
}

async fn reload_certificate(tls: Arc<Tls>, now: DateTime<Utc>) {
    match web::block(move || tls.reload(now)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::error!("the certificate stays as it was: {}", chain(&error)),
        Err(error) => log::error!("the certificate stays as it was: {error}"),
    }
}
