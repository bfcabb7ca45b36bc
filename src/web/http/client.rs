//! Who sends a request: the client's address, seen through trusted proxies.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::web::Data;

use super::extractor::{FromHead, extractor};
use super::problem::Problem;
use crate::limits::{TrustedProxies, network_of};

/// The client's address.
#[derive(Clone, Copy)]
pub(in crate::web) struct Client(IpAddr);

impl Client {
    /// An `X-Forwarded-For` line that is not text counts as an unreadable hop and is not skipped: otherwise a client
    /// could hide what its proxy appended.
    pub fn behind_proxies(proxies: &TrustedProxies, request: &HttpRequest) -> Self {
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let hops = request.headers().get_all("x-forwarded-for").map(|line| line.to_str().unwrap_or_default());
        Self(proxies.client(peer, hops))
    }

    pub const fn address(self) -> IpAddr {
        self.0
    }

    /// The network by which the client's requests and jobs are counted.
    pub fn network(self) -> IpAddr {
        network_of(self.0)
    }
}

impl FromHead for Client {
    fn from_head(request: &HttpRequest) -> Result<Self, Problem> {
        let proxies = Data::<TrustedProxies>::from_head(request)?;
        Ok(Self::behind_proxies(&proxies, request))
    }
}

extractor!(Client);

/// Whether a trusted proxy forwarded the request, so that its headers can be trusted.
pub(in crate::web) fn is_by_trusted_proxy(request: &ServiceRequest, proxies: &TrustedProxies) -> bool {
    request.peer_addr().is_some_and(|peer| proxies.trust(peer.ip().to_canonical()))
}
