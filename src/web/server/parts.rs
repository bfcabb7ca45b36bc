//! The parts of the server that requests share. They are built once, and registered by one list.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};

use super::pipeline_parts::PipelineParts;
use crate::accounts::Accounts;
use crate::clock::Clock;
use crate::keys::{CurrentKeys, KeyRing, TeacherKey};
use crate::limits::{RateStore, TrustedProxies};
use crate::oauth::login::SilentLogin;
use crate::oauth::policy::IssuerPolicy;
use crate::oauth::redirect_uri::RedirectRules;
use crate::random::Random;
use crate::settings::{CorsOrigins, Credentials, Settings};
use crate::store::Store;
use crate::web::api::telesign::PhoneLimit;
use crate::web::api::test_mode::{Rotation, TestControls};
use crate::web::http::client_work::ClientWork;
use crate::web::http::endpoint::RouteTable;
use crate::web::http::origins::{Origins, Transport};
use crate::web::http::request_id::RequestIds;
use crate::web::http::shutdown_flag::ShutdownFlag;
use crate::web::metrics::Metrics;
use crate::web::routes;
use crate::web::session::class::{ClassMode, ClassroomParts, JOINS, WRONG_CODES};
use crate::web::session::logins::Logins;
use crate::web::session::session_store::SessionBackend;
use crate::web::session::{SessionCookie, Sessions};
use crate::web::site::demo::HomeDetails;
use crate::web::site::docs::OpenApi;
use crate::web::view::assets::Assets;
use crate::work::WorkPool;

/// Every part, for the handlers and the workers. A handler that asks for anything else answers 500, so the tests of its
/// route fail.
#[derive(Clone)]
pub(in crate::web) struct ServerParts {
    pub assets: Data<Assets>,
    pub class: Data<ClassMode>,
    pub clock: Data<dyn Clock>,
    pub cors_origins: Data<CorsOrigins>,
    pub home_details: Data<HomeDetails>,
    pub issuer_policy: Data<IssuerPolicy>,
    pub keys: Data<CurrentKeys>,
    pub logins: Data<Logins>,
    pub metrics: Data<Metrics>,
    pub openapi: Data<OpenApi>,
    pub origins: Data<Origins>,
    pub phone_limit: Data<PhoneLimit>,
    pub pipeline: Data<PipelineParts>,
    pub proxies: Data<TrustedProxies>,
    pub random: Data<Random>,
    pub rates: Data<RateStore>,
    pub rotation: Data<Rotation>,
    pub sessions: Data<Sessions>,
    pub shutdown: Data<ShutdownFlag>,
    pub store: Data<dyn Store>,
    pub table: Data<RouteTable>,
    pub test_controls: Data<TestControls>,
    pub work: Data<WorkPool>,
}

/// The parts that may be external servers, which can fail.
pub(super) struct Backends {
    pub store: Arc<dyn Store>,
    pub sessions: SessionBackend,
    pub rates: RateStore,
}

/// What the server was started with beside its settings.
pub(super) struct StartInputs {
    pub ring: KeyRing,
    /// `None` without a class.
    pub teacher: Option<TeacherKey>,
    pub clock: Arc<dyn Clock>,
    pub random: Random,
}

/// Where the server listens.
pub(super) struct Listening {
    pub address: SocketAddr,
    pub transport: Transport,
}

impl ServerParts {
    /// Builds the parts, those that others need first. It is long because it is one list.
    pub fn new(given: StartInputs, backends: Backends, settings: &Settings, listening: &Listening) -> Self {
        let StartInputs { ring, teacher, clock, random } = given;
        let Backends { store, sessions: backend, rates } = backends;
        let clock = Data::from(clock);
        let metrics = Data::new(Metrics::new(clock.now()));
        let store = metrics.with_counted_calls(store);
        let origins = Origins::new(&settings.options, listening.address, listening.transport);
        let origins = Data::new(origins);
        let sessions = Data::new(Sessions {
            cookie: SessionCookie::new(origins.is_https()),
            key: *ring.session_key(),
            backend,
            default_algorithm: settings.options.algorithm,
            default_lifetime: settings.options.token_ttl,
            clock: clock.clone(),
        });
        let keys = Data::new(CurrentKeys::new(ring));
        let accounts = accounts(settings, &store, &rates, &keys.ring());
        let assets = Data::new(Assets::new(settings.test_mode));
        let cors_origins = Data::new(settings.cors_origins.clone());
        let issuer_policy = issuer_policy(settings, listening);
        let proxies = Data::new(settings.options.trusted_proxies.clone().unwrap_or_default());
        let class = teacher.map_or_else(ClassMode::off, |teacher| {
            ClassMode::on(ClassroomParts {
                teacher,
                session_key: sessions.key.to_vec(),
                is_secure: origins.is_https(),
                clock: clock.clone(),
                metrics: metrics.clone(),
                random: random.clone(),
                store: Data::from(store.clone()),
                wrong_codes: rates.limiter("class-code", WRONG_CODES),
                joins: rates.limiter("class-join", JOINS),
            })
        });
        let table = Data::new(routes::table(settings.test_mode, settings.has_class()));
        let shutdown = Data::<ShutdownFlag>::default();
        let test_controls = Data::<TestControls>::default();
        Self {
            home_details: Data::new(HomeDetails::new(keys.clone(), clock.clone(), origins.clone())),
            issuer_policy: Data::new(issuer_policy),
            logins: Data::new(Logins::new(accounts, metrics.clone())),
            openapi: Data::new(OpenApi::new(table.clone(), origins.clone(), sessions.clone())),
            phone_limit: Data::new(PhoneLimit::new(
                rates.limiter("phone", settings.options.phone_rate),
                metrics.clone(),
            )),
            pipeline: Data::new(PipelineParts {
                assets: assets.clone(),
                clock: clock.clone(),
                cors_origins: cors_origins.clone(),
                closes_beyond: settings.options.max_connections - settings.options.max_connections / 4,
                metrics: metrics.clone(),
                origins: origins.clone(),
                proxies: proxies.clone(),
                request_ids: RequestIds::new(random.clone()),
                sessions: sessions.clone(),
                shutdown: shutdown.clone(),
                test_controls: settings.test_mode.then(|| test_controls.clone()),
            }),
            rotation: Data::default(),
            work: Data::new(ClientWork::pool()),
            assets,
            class: Data::new(class),
            clock,
            cors_origins,
            keys,
            metrics,
            origins,
            proxies,
            random: Data::new(random),
            rates: Data::new(rates),
            sessions,
            shutdown,
            store: Data::from(store),
            table,
            test_controls,
        }
    }

    /// Gives an app all parts. A part that is missing here is an unused variable, and does not compile.
    pub fn register(&self, config: &mut ServiceConfig) {
        let Self {
            assets,
            class,
            clock,
            cors_origins,
            home_details,
            issuer_policy,
            keys,
            logins,
            metrics,
            openapi,
            origins,
            phone_limit,
            pipeline,
            proxies,
            random,
            rates,
            rotation,
            sessions,
            shutdown,
            store,
            table,
            test_controls,
            work,
        } = self.clone();
        config
            .app_data(assets)
            .app_data(class)
            .app_data(clock)
            .app_data(cors_origins)
            .app_data(home_details)
            .app_data(issuer_policy)
            .app_data(keys)
            .app_data(logins)
            .app_data(metrics)
            .app_data(openapi)
            .app_data(origins)
            .app_data(phone_limit)
            .app_data(pipeline)
            .app_data(proxies)
            .app_data(random)
            .app_data(rates)
            .app_data(rotation)
            .app_data(sessions)
            .app_data(shutdown)
            .app_data(store)
            .app_data(table)
            .app_data(test_controls)
            .app_data(work);
    }
}

/// Without `--redirect-uri`, clients on this machine can use the issuer where it is for this machine or for tests.
fn issuer_policy(settings: &Settings, listening: &Listening) -> IssuerPolicy {
    let options = &settings.options;
    let accepts_loopback = listening.address.ip().is_loopback() || settings.test_mode;
    IssuerPolicy {
        redirect_rules: RedirectRules::new(options.redirect_uris.clone(), accepts_loopback),
        access_lifetime: options.access_ttl,
        refresh_lifetime: options.refresh_ttl,
        silent_login: SilentLogin::of(settings.test_mode),
    }
}

fn accounts(settings: &Settings, store: &Arc<dyn Store>, rates: &RateStore, ring: &KeyRing) -> Accounts {
    match settings.credentials {
        Credentials::Any => Accounts::any(),
        Credentials::Users => {
            Accounts::users(store.clone(), rates.limiter("login", settings.options.login_rate), ring.session_key())
        }
    }
}
