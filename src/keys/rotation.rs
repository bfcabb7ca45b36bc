//! Key rotation by file name: `jwt_key.20261121T215000Z` signs from that time on, and the key before it verifies until
//! every token that it signed has expired.
//!
//! Only the names count, not the files' timestamps. So all processes that share the folder make the same decision, and
//! a new key can be published before it signs.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::{PrivateKey, PublicKey, RsaPrivateKey, RsaPublicKey};

/// What messages call a key that was made in memory.
pub(super) const IN_MEMORY: &str = "memory";

/// How long a key verifies after its successor began to sign: the longest lifetime of a token.
pub const OVERLAP: TimeDelta = TimeDelta::days(1);

/// The format of a start time in a file's name.
const FORM: &str = "%Y%m%dT%H%M%SZ";

/// When a key begins to sign. The one without a time in its name has always signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Start(Option<DateTime<Utc>>);

impl Start {
    pub const ALWAYS: Self = Self(None);

    /// `moment`, rounded down to a whole second.
    pub fn at(moment: DateTime<Utc>) -> Self {
        Self(DateTime::from_timestamp(moment.timestamp(), 0))
    }

    /// Parses `20261121T215000Z`. No other format is accepted.
    pub fn parse(text: &str) -> Option<Self> {
        let moment = NaiveDateTime::parse_from_str(text, FORM).ok()?.and_utc();
        let start = Self(Some(moment));
        (start.to_string() == text).then_some(start)
    }

    pub fn has_come(self, now: DateTime<Utc>) -> bool {
        self.0.is_none_or(|start| start <= now)
    }

    fn end_of_the_one_before(self) -> Option<DateTime<Utc>> {
        self.0.map(|start| start + OVERLAP)
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(moment) => moment.format(FORM).fmt(f),
            None => f.write_str("always"),
        }
    }
}

/// A key with its time, and its file's name for messages.
#[derive(Clone, Debug)]
pub(super) struct Dated<K> {
    pub start: Start,
    /// When its signatures are no longer accepted; `None` while it has no successor.
    pub end: Option<DateTime<Utc>>,
    pub key: K,
    pub source: String,
}

impl<K> Dated<K> {
    pub const fn new(start: Start, key: K, source: String) -> Self {
        Self { start, end: None, key, source }
    }

    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.end.is_some_and(|end| end <= now)
    }
}

/// The keys of a rotation, the newest first.
#[derive(Clone, Debug)]
pub(super) struct DatedKeys<K>(Vec<Dated<K>>);

impl<K> DatedKeys<K> {
    pub fn new(mut keys: Vec<Dated<K>>) -> Self {
        keys.sort_by_key(|key| std::cmp::Reverse(key.start));
        let mut successor: Option<Start> = None;
        for key in &mut keys {
            key.end = successor.and_then(Start::end_of_the_one_before);
            successor = Some(key.start);
        }
        Self(keys)
    }

    /// Adds a key.
    pub fn with(self, key: Dated<K>) -> Self {
        Self::new(self.0.into_iter().chain([key]).collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Dated<K>> {
        self.0.iter()
    }

    /// The key that signs last.
    pub fn newest(&self) -> Option<&Dated<K>> {
        self.0.first()
    }

    /// The same keys as another type.
    pub fn converted<L: From<K>>(self) -> DatedKeys<L> {
        let convert = |it: Dated<K>| Dated { start: it.start, end: it.end, key: it.key.into(), source: it.source };
        DatedKeys(self.0.into_iter().map(convert).collect())
    }

    /// The keys that sign, will sign, or have signed tokens that may be alive, those that sign later at the end.
    pub fn in_force(&self, now: DateTime<Utc>) -> Vec<&Dated<K>> {
        let mut keys: Vec<_> = self.0.iter().filter(|key| !key.is_over(now)).collect();
        keys.sort_by_key(|key| !key.start.has_come(now));
        keys
    }

    /// The key that signs at `now`.
    pub fn current(&self, now: DateTime<Utc>) -> Option<&Dated<K>> {
        self.0.iter().find(|key| key.start.has_come(now))
    }
}

/// A key pair of the folder; without its private half it verifies and cannot sign.
#[derive(Clone, Debug)]
pub(super) struct Halves<Private, Public> {
    pub private: Option<Private>,
    pub public: Public,
}

/// A pair that signs RS256 for the demo.
pub(super) type RsaKey = Halves<RsaPrivateKey, RsaPublicKey>;

/// A pair of any kind.
pub(super) type PairKey = Halves<PrivateKey, PublicKey>;

impl From<PrivateKey> for PairKey {
    fn from(private: PrivateKey) -> Self {
        Self { public: private.public(), private: Some(private) }
    }
}

impl From<RsaKey> for PairKey {
    fn from(key: RsaKey) -> Self {
        Self { private: key.private.map(PrivateKey::Rsa), public: PublicKey::Rsa(key.public) }
    }
}

/// A rotation in memory.
#[derive(Clone, Copy, Debug)]
pub struct Renewal {
    /// Whether the demo gets new keys.
    pub demo: bool,
    /// Whether bearer tokens get a new key.
    pub bearer: bool,
    pub old: OldKeys,
}

/// What becomes of the keys before the new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldKeys {
    /// They sign until then, and verify as long as their tokens live.
    SignUntil(DateTime<Utc>),
    /// They are neither published nor accepted any more.
    Withdrawn,
}

impl Renewal {
    pub(super) fn withdraws(self) -> bool {
        self.old == OldKeys::Withdrawn
    }

    /// The keys after this rotation.
    pub(super) fn after<K: Clone>(self, keys: &DatedKeys<K>, new: K) -> DatedKeys<K> {
        let source = IN_MEMORY.to_owned();
        match self.old {
            OldKeys::SignUntil(start) => keys.clone().with(Dated::new(Start::at(start), new, source)),
            OldKeys::Withdrawn => DatedKeys::new(vec![Dated::new(Start::ALWAYS, new, source)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn dated(start: Start) -> Dated<()> {
        Dated::new(start, (), String::new())
    }

    #[test]
    fn a_start_has_one_spelling() {
        let start = Start::parse("20261121T215000Z").unwrap();
        assert_eq!(start.to_string(), "20261121T215000Z");
        for bad in
            ["20261121T215000", "20261121t215000z", "2026-11-21T21:50:00Z", "20261321T215000Z", "20261121T21500Z", ""]
        {
            assert_eq!(Start::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_latest_start_that_has_come_signs_and_the_one_before_verifies_for_a_day_more() {
        let keys = [Start::at(moment(60)), Start::ALWAYS, Start::at(moment(0))].map(dated);
        let keys = DatedKeys::new(keys.into());
        let current = |seconds| keys.current(moment(seconds)).unwrap().start;
        assert_eq!(current(-1), Start::ALWAYS);
        assert_eq!(current(0), Start::at(moment(0)));
        assert_eq!(current(59), Start::at(moment(0)));
        assert_eq!(current(60), Start::at(moment(60)));
        let ends: Vec<_> = keys.iter().map(|key| key.end).collect();
        assert_eq!(ends, [None, Some(moment(86_460)), Some(moment(86_400))]);
    }
}
