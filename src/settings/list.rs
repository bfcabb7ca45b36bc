//! The one list of settings: the flags, `--help`, the variables and the table in `docs/settings.md` are views
//! of it.

use clap::Arg;

use crate::profiles::demo::DemoAlgorithm;

/// The description of one setting.
pub struct Setting {
    /// The name of the flag, without dashes; the variable is `HALLPASS_` and the same in capitals.
    pub flag: &'static str,
    /// The placeholder of the value in `--help`.
    pub value: &'static str,
    /// The default value, as a user would write it.
    pub default: &'static str,
    pub help: &'static str,
}

/// The placeholder of a setting that is on or off. Its flag without a value turns it on.
const SWITCH: &str = "true|false";

/// Every setting.
pub const SETTINGS: &[Setting] = &[
    Setting {
        flag: "bind",
        value: "ADDRESS:PORT",
        default: "127.0.0.1:5000",
        help: "Where to listen; port 0 takes a free one, and the first line printed says which",
    },
    Setting { flag: "keys", value: "FOLDER", default: "keys", help: "The folder of keys; what it lacks is made" },
    Setting {
        flag: "algorithm",
        value: DemoAlgorithm::PLACEHOLDER,
        default: DemoAlgorithm::NAMES[0],
        help: "What a new session's tokens are signed with; a visitor may switch",
    },
    Setting {
        flag: "token-ttl",
        value: "DURATION",
        default: "60",
        help: "How long a demo token lives, 1 to 86400 (1d)",
    },
    Setting {
        flag: "public-url",
        value: "URL",
        default: "the address served",
        help: "The origin that browsers use, such as https://demo.example; https turns on Secure, __Host- and HSTS",
    },
    Setting {
        flag: "database",
        value: "URL",
        default: "sqlite:hallpass.db",
        help: "Where transactions and users are kept: sqlite:FILE, or postgres://USER:PASSWORD@HOST/NAME for several processes",
    },
    Setting {
        flag: "session-store",
        value: "cookie|URL",
        default: "cookie",
        help: "Where sessions are: cookie, redis://host or rediss://host",
    },
    Setting {
        flag: "rate-store",
        value: "memory|URL",
        default: "memory",
        help: "Where counters are: memory, redis://host or rediss://host",
    },
    Setting {
        flag: "keep",
        value: "DURATION",
        default: "30d",
        help: "How long the transactions of expired tokens are kept, 1d to 3650d",
    },
    Setting {
        flag: "phone-rate",
        value: "RATE",
        default: "1/s",
        help: "How many phone tokens a client may ask for: N/s, N/m or off",
    },
    Setting {
        flag: "trusted-proxy",
        value: "ADDRESSES",
        default: "none",
        help: "Addresses or CIDRs, with commas between, whose X-Forwarded-For is believed",
    },
    Setting {
        flag: "credentials",
        value: "any|users",
        default: "any on loopback",
        help: "Who may ask for tokens: any username and password, or the users of the store",
    },
    Setting {
        flag: "login-rate",
        value: "RATE",
        default: "10/m",
        help: "How many logins, successful ones included, a client may try for one name under users: N/s, N/m or off",
    },
    Setting {
        flag: "cors-origin",
        value: "ORIGINS",
        default: "none",
        help: "Origins, with commas between, whose scripts may call the token routes; * is every one",
    },
    Setting {
        flag: "test-mode",
        value: "off|on|exposed",
        default: "off",
        help: "Routes under /test for other programs' tests: a clock to set, any token signed; exposed where others reach it",
    },
    Setting { flag: "tls-cert", value: "FILE", default: "none", help: "PEM file: the certificate, then its chain" },
    Setting { flag: "tls-key", value: "FILE", default: "none", help: "PEM file: the certificate's private key" },
    Setting {
        flag: "tls-self-signed",
        value: SWITCH,
        default: "false",
        help: "Make a certificate for https on loopback",
    },
    Setting {
        flag: "max-connections",
        value: "COUNT",
        default: "10000",
        help: "How many connections at once; more wait",
    },
    Setting {
        flag: "workers",
        value: "COUNT",
        default: "one a core",
        help: "How many threads answer requests, 1 to 512",
    },
    Setting {
        flag: "shutdown-timeout",
        value: "DURATION",
        default: "10",
        help: "How long requests in flight may take to finish after SIGTERM, 0 to 3600 (1h)",
    },
];

impl Setting {
    /// The environment variable and the name in `.env`.
    pub fn variable(&self) -> String {
        format!("HALLPASS_{}", self.flag.to_uppercase().replace('-', "_"))
    }

    pub(super) fn arg(&self) -> Arg {
        let help = format!("{} [default: {}]", self.help, self.default);
        let arg = Arg::new(self.flag).long(self.flag).value_name(self.value).help(help);
        if self.value == SWITCH { arg.num_args(0..=1).default_missing_value("true") } else { arg }
    }
}
