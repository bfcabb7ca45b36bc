//! HS256 or RS256: with a shared secret, everyone who verifies can also sign. With a key pair, only the issuer can.

/// How long the lesson's two tokens live, in seconds: long enough to paste a command.
pub const LIFETIME: i64 = 600;

/// Who might forge a token.
pub struct Party {
    /// What the form sends after the algorithm's name and a dash.
    pub value: &'static str,
    pub says: &'static str,
    /// What it holds under HS256, and under RS256.
    pub holds: [&'static str; 2],
    forges: [bool; 2],
    /// What a wrong answer is told, under HS256 and under RS256.
    remarks: [&'static str; 2],
}

/// The order of every pair here.
pub const ALGORITHMS: [&str; 2] = ["HS256", "RS256"];

pub static PARTIES: &[Party] = &[
    Party {
        value: "issuer",
        says: "the issuer",
        holds: ["the secret", "the private key"],
        forges: [true, true],
        remarks: [
            "Under HS256 the issuer holds the secret, so it can sign whatever it likes.",
            "Under RS256 the issuer holds the private key, so it can sign whatever it likes.",
        ],
    },
    Party {
        value: "service",
        says: "a service that verifies",
        holds: ["the secret", "the public key"],
        forges: [true, false],
        remarks: [
            "Under HS256 a service that verifies holds the secret, and what verifies a MAC also makes one.",
            "Under RS256 a service that verifies holds the public key, and that cannot sign.",
        ],
    },
    Party {
        value: "reader",
        says: "anybody who caught a token",
        holds: ["no key", "the public key"],
        forges: [false, false],
        remarks: [
            "Under HS256 whoever caught a token can send it again until it expires. To write another takes the secret.",
            "Under RS256 whoever caught a token can send it again until it expires, and can verify it. To write another \
             takes the private key.",
        ],
    },
];

impl Party {
    pub const fn verifies(&self, algorithm: usize) -> bool {
        self.forges[0] || algorithm == 1
    }

    pub const fn forges(&self, algorithm: usize) -> bool {
        self.forges[algorithm]
    }
}

/// One sentence for each mistake in an answer. `ticked` says whether a party was ticked for an algorithm.
pub fn judge(ticked: impl Fn(&Party, &str) -> bool) -> Vec<&'static str> {
    let places = PARTIES.iter().flat_map(|party| ALGORITHMS.iter().enumerate().map(move |it| (party, it)));
    let wrong = places.filter(|(party, (index, name))| ticked(party, name) != party.forges(*index));
    wrong.map(|(party, (index, _))| party.remarks[index]).collect()
}

/// Shell lines that verify the RS256 token with nothing but the public key.
pub struct Command {
    pub with: &'static str,
    pub lines: &'static str,
    pub says: &'static str,
}

pub static COMMANDS: &[Command] = &[
    Command {
        with: "PyJWT",
        lines: r#"pip install 'pyjwt[crypto]'
python3 -c '
import jwt
token = "{token}"
keys = jwt.PyJWKClient("{base}/.well-known/jwks.json")
key = keys.get_signing_key_from_jwt(token).key
print(jwt.decode(token, key, algorithms=["RS256"]))
'"#,
        says: "It prints the claims. It picks the key by the token's `kid`, but only among those of this server.",
    },
    Command {
        with: "Node",
        lines: r#"npm install jose
node --input-type=module -e '
import { createRemoteJWKSet, jwtVerify } from "jose";
const token = "{token}";
const keys = createRemoteJWKSet(new URL("{base}/.well-known/jwks.json"));
const { payload } = await jwtVerify(token, keys, { algorithms: ["RS256"] });
console.log(JSON.stringify(payload));
'"#,
        says: "It prints the claims. `algorithms` is the one that you expect, never the one that the token names.",
    },
    Command {
        with: "curl and openssl",
        lines: r#"token={token}
curl -s {base}/lab/lessons/hs256-or-rs256/public.pem -o public.pem
printf '%s{padding}' "${token##*.}" | tr '_-' '/+' | openssl base64 -d -A -out signature.bin
printf %s "${token%.*}" | openssl dgst -sha256 -verify public.pem -signature signature.bin"#,
        says: "It prints `Verified OK`. That is the signature alone: `exp` you would still have to read yourself.",
    },
];

impl Command {
    /// The lines for a server at `base` and this token of its.
    pub fn filled(&self, base: &str, token: &str) -> String {
        let signature = token.rsplit('.').next().unwrap_or_default();
        let padding = "=".repeat((4 - signature.len() % 4) % 4);
        self.lines.replace("{base}", base).replace("{padding}", &padding).replace("{token}", token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_right_answer_has_no_remark() {
        let mut right = 0;
        for bits in 0..64 {
            let ticked = |party: &Party, algorithm: &str| {
                let row = PARTIES.iter().position(|it| it.value == party.value).unwrap();
                bits >> (row * 2 + usize::from(algorithm == "RS256")) & 1 == 1
            };
            let remarks = judge(ticked);
            right += usize::from(remarks.is_empty());
        }
        assert_eq!(right, 1);
    }

    #[test]
    fn who_can_forge_can_verify() {
        for party in PARTIES {
            for algorithm in 0..2 {
                assert!(party.verifies(algorithm) || !party.forges(algorithm));
            }
        }
        assert!(!PARTIES[2].verifies(0));
    }

    #[test]
    fn a_signature_is_padded_to_whole_groups_of_four() {
        for (signature, padding) in [("AAAA", ""), ("AAA", "="), ("AA", "==")] {
            let filled = COMMANDS[2].filled("http://127.0.0.1:1", &format!("e30.e30.{signature}"));
            assert!(filled.contains(&format!("'%s{padding}'")), "{filled}");
            assert!(!filled.contains("{base}") && !filled.contains("{token}"));
        }
    }
}
