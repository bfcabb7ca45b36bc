//! The parts of the server that requests share. They are built once, and registered by one list.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};

use super::pipeline_parts::PipelineParts;
use crate::accounts::Accounts;
use crate::clock::Clock;
use crate::keys::{CurrentKeys, KeyRing, SESSION_KEY_BYTES, TeacherKey};
use crate::limits::{Rate, RateStore, TrustedProxies};
use crate::oauth::login::SilentLogin;
use crate::oauth::policy::IssuerPolicy;
use crate::oauth::redirect_uri::RedirectRules;
use crate::oauth::user_claims::ClaimsOfUsers;
use crate::random::Random;
use crate::settings::{CorsOrigins, Credentials, Settings};
use crate::store::Store;
use crate::web::api::telesign::PhoneLimit;
use crate::web::api::test_mode::{Rotation, TestControls};
use crate::web::http::client_limit::ClientLimit;
use crate::web::http::client_work::ClientWork;
use crate::web::http::endpoint::RouteTable;
use crate::web::http::origins::{Origins, Transport};
use crate::web::http::request_id::RequestIds;
use crate::web::http::shutdown_flag::ShutdownFlag;
use crate::web::metrics::{Limit, Metrics};
use crate::web::routes;
use crate::web::session::class::{ClassMode, ClassroomParts, JOINS, WRONG_CODES};
use crate::web::session::logins::Logins;
use crate::web::session::session_store::SessionBackend;
use crate::web::session::{SessionCookie, Sessions};
use crate::web::site::demo::HomeDetails;
use crate::web::site::docs::OpenApi;
use crate::web::site::issuer::{CODES_PER_CLIENT, CodeLimit};
use crate::web::view::assets::Assets;
use crate::work::WorkPool;

/// Declares the parts by one list, which is what an app is given too.
macro_rules! server_parts {
    ($($part:ident: $kind:ty,)+) => {
        /// Every part, for the handlers and the workers. A handler that asks for anything else answers 500, so the
        /// tests of its route fail.
        #[derive(Clone)]
        pub(in crate::web) struct ServerParts {
            $(pub $part: Data<$kind>,)+
        }

        impl ServerParts {
            /// Gives an app all parts.
            pub fn register(&self, config: &mut ServiceConfig) {
                $(config.app_data(self.$part.clone());)+
            }
        }
    };
}

server_parts! {
    assets: Assets,
    claims_of_users: ClaimsOfUsers,
    class: ClassMode,
    clock: dyn Clock,
    code_limit: CodeLimit,
    cors_origins: CorsOrigins,
    home_details: HomeDetails,
    issuer_policy: IssuerPolicy,
    keys: CurrentKeys,
    logins: Logins,
    metrics: Metrics,
    openapi: OpenApi,
    origins: Origins,
    phone_limit: PhoneLimit,
    pipeline: PipelineParts,
    proxies: TrustedProxies,
    random: Random,
    rates: RateStore,
    rotation: Rotation,
    sessions: Sessions,
    shutdown: ShutdownFlag,
    store: dyn Store,
    table: RouteTable,
    test_controls: TestControls,
    work: WorkPool,
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
    /// Builds the parts, those that others need first.
    pub fn new(given: StartInputs, backends: Backends, settings: &Settings, listening: &Listening) -> Self {
        let StartInputs { ring, teacher, clock, random } = given;
        let Backends { store, sessions: backend, rates } = backends;
        let clock = Data::from(clock);
        let metrics = Data::new(Metrics::new(clock.now()));
        let store = metrics.with_counted_calls(store);
        let origins = Data::new(Origins::new(&settings.options, listening.address, listening.transport));
        let cookie = SessionCookie::new(origins.is_https());
        let sessions = Data::new(sessions(cookie, *ring.session_key(), backend, settings, &clock));
        let keys = Data::new(CurrentKeys::new(ring));
        let accounts = accounts(settings, &store, &rates, &keys.ring());
        let assets = Data::new(Assets::new(settings.test_mode));
        let cors_origins = Data::new(settings.cors_origins.clone());
        let proxies = Data::new(settings.options.trusted_proxies.clone().unwrap_or_default());
        let class = class_mode(teacher, &sessions, &metrics, &random, &store, &rates);
        let table = Data::new(routes::table(settings.test_mode, settings.has_class()));
        let shutdown = Data::<ShutdownFlag>::default();
        let test_controls = Data::<TestControls>::default();
        Self {
            home_details: Data::new(HomeDetails::new(keys.clone(), clock.clone(), origins.clone())),
            code_limit: Data::new(code_limit(settings, &rates, &metrics)),
            issuer_policy: Data::new(issuer_policy(settings, listening)),
            logins: Data::new(Logins::new(accounts, metrics.clone())),
            openapi: Data::new(OpenApi::new(table.clone(), origins.clone(), sessions.clone())),
            phone_limit: Data::new(phone_limit(settings, &rates, &metrics)),
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
            claims_of_users: Data::default(),
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
}

fn sessions(
    cookie: SessionCookie,
    key: [u8; SESSION_KEY_BYTES],
    backend: SessionBackend,
    settings: &Settings,
    clock: &Data<dyn Clock>,
) -> Sessions {
    let (default_algorithm, default_lifetime) = (settings.options.algorithm, settings.options.token_ttl);
    Sessions { cookie, key, backend, default_algorithm, default_lifetime, clock: clock.clone() }
}

/// The classroom, which only a server with a teacher's key has.
fn class_mode(
    teacher: Option<TeacherKey>,
    sessions: &Sessions,
    metrics: &Data<Metrics>,
    random: &Random,
    store: &Arc<dyn Store>,
    rates: &RateStore,
) -> ClassMode {
    let Some(teacher) = teacher else { return ClassMode::off() };
    ClassMode::on(ClassroomParts {
        teacher,
        session_key: sessions.key.to_vec(),
        is_secure: sessions.cookie.is_secure(),
        clock: sessions.clock.clone(),
        metrics: metrics.clone(),
        random: random.clone(),
        store: Data::from(store.clone()),
        wrong_codes: rates.limiter("class-code", WRONG_CODES),
        joins: rates.limiter("class-join", JOINS),
    })
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

fn phone_limit(settings: &Settings, rates: &RateStore, metrics: &Data<Metrics>) -> PhoneLimit {
    PhoneLimit(ClientLimit {
        limiter: rates.limiter("phone", settings.options.phone_rate),
        name: Limit::Phone,
        message: "This client asks for phone tokens too often.",
        metrics: metrics.clone(),
    })
}

/// In test mode there is no limit, because a test suite may log in as often as it likes.
fn code_limit(settings: &Settings, rates: &RateStore, metrics: &Data<Metrics>) -> CodeLimit {
    CodeLimit(ClientLimit {
        limiter: rates.limiter("code", if settings.test_mode { Rate::OFF } else { CODES_PER_CLIENT }),
        name: Limit::Code,
        message: "This client asks for authorization codes too often.",
        metrics: metrics.clone(),
    })
}

fn accounts(settings: &Settings, store: &Arc<dyn Store>, rates: &RateStore, ring: &KeyRing) -> Accounts {
    match settings.credentials {
        Credentials::Any => Accounts::any(),
        Credentials::Users => {
            Accounts::users(store.clone(), rates.limiter("login", settings.options.login_rate), ring.session_key())
        }
    }
}
