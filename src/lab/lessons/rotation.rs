//! Key rotation: publish, sign, retire, in this order, with each step late enough that no valid token is refused.
//!
//! The portal has the keys and publishes a key set. Two servers verify: the library fetches the set for each request,
//! and the timetable keeps a copy until it fetches again.

use std::fmt;
use std::ops::RangeInclusive;

use super::hints::Open;

/// The cookie that carries the tokens of this lesson.
pub const COOKIE: &str = "lab-tokens";

/// The most tokens of one visitor.
pub const MOST_TOKENS: usize = 5;

/// How many keys the key set may hold.
const MOST_KEYS: u32 = 3;

/// How many keys the table shows at most.
const MOST_ROWS: u32 = 2 * MOST_KEYS;

const STALE: &str =
    "The timetable has not fetched the key set for a long time. Let it fetch first, or press *Start again*.";

const UNPUBLISHED: &str = "The key that signs is not in the key set yet: the table says *no* there. Servers \
                           could not look it up, so the old key must stay. Publish the key that signs first.";

const ENOUGH: &str = "The key set has enough keys. Retire the old one first, or press *Start again*.";

/// The lifetimes that a token may have here, in seconds.
pub const LIFETIMES: [i64; 2] = [5, 60];

/// A visitor's keys by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyNumbers {
    /// The oldest in the key set.
    pub oldest: u32,
    /// The one that signs.
    pub signs: u32,
    /// The newest in the key set.
    pub published: u32,
    /// The timetable's copy of the key set.
    pub copy: (u32, u32),
}

/// What a button does to the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationStep {
    Publish,
    Sign,
    Retire,
    /// The timetable fetches the key set.
    Fetch,
}

impl RotationStep {
    /// In the order of the page, which is not the order in which they solve the lesson.
    pub const ALL: [Self; 4] = [Self::Sign, Self::Retire, Self::Publish, Self::Fetch];

    /// What forms send for it.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Sign => "sign",
            Self::Retire => "retire",
            Self::Fetch => "fetch",
        }
    }

    pub fn find(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.value() == value)
    }

    /// What its button says, before the keys that it is about.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Publish => "Publish the next key",
            Self::Sign => "Sign with the next key",
            Self::Retire => "Retire the old key",
            Self::Fetch => "Fetch for the timetable",
        }
    }
}

impl Default for KeyNumbers {
    fn default() -> Self {
        Self::only(1)
    }
}

impl KeyNumbers {
    /// One key that is everywhere.
    const fn only(number: u32) -> Self {
        Self { oldest: number, signs: number, published: number, copy: (number, number) }
    }

    /// Reads the five numbers that [`Self`] displays; `None` where no steps lead to them.
    fn parse(words: &[&str]) -> Option<Self> {
        let numbers: Vec<u32> = words.iter().map(|word| word.parse().ok()).collect::<Option<_>>()?;
        let [oldest, signs, published, from, to] = numbers[..] else { return None };
        let keys = Self { oldest, signs, published, copy: (from, to) };
        // Keys join the set at its new end and leave at its old one, and the copy was fetched from an earlier set.
        let is_ordered = 1 <= from && from <= to && from <= oldest && oldest <= published && to <= published;
        // Publishing and signing are at most one key apart, and only keys older than the one that signs are retired.
        let is_near = signs <= published.saturating_add(1) && published <= signs.saturating_add(1) && oldest <= signs;
        (is_ordered && is_near && keys.is_shown_whole()).then_some(keys)
    }

    /// The keys after this step, or why it cannot be done.
    pub fn after(self, step: RotationStep) -> Result<Self, &'static str> {
        let Self { oldest, signs, published, .. } = self;
        let is_full = self.newest() - oldest + 1 >= MOST_KEYS;
        let after = match step {
            RotationStep::Publish if published > signs => Err("The next key is in the key set already."),
            RotationStep::Publish if published == signs && is_full => Err(ENOUGH),
            RotationStep::Publish => Ok(Self { published: published.saturating_add(1), ..self }),
            RotationStep::Sign if signs > published => {
                Err("The next key signs already, but it is not in the key set. Which step puts it there?")
            }
            RotationStep::Sign if signs == published && is_full => Err(ENOUGH),
            RotationStep::Sign => Ok(Self { signs: signs.saturating_add(1), ..self }),
            RotationStep::Retire if signs > published => Err(UNPUBLISHED),
            RotationStep::Retire if oldest == signs => {
                Err("There is no old key: the oldest in the key set still signs.")
            }
            RotationStep::Retire => Ok(Self { oldest: signs, ..self }),
            RotationStep::Fetch => Ok(Self { copy: (oldest, published), ..self }),
        };
        after.and_then(|keys: Self| if keys.is_shown_whole() { Ok(keys) } else { Err(STALE) })
    }

    /// Whether the key that signs is not in the key set yet. Then there is no next key to sign with.
    pub const fn signs_unpublished(self) -> bool {
        self.signs > self.published
    }

    fn is_shown_whole(self) -> bool {
        self.newest().saturating_sub(self.copy.0) < MOST_ROWS
    }

    fn newest(self) -> u32 {
        self.signs.max(self.published)
    }

    /// The keys that a step is about, whether or not it can be done: `None` where there is no old key to retire.
    pub fn keys_of(self, step: RotationStep) -> Option<RangeInclusive<u32>> {
        let Self { oldest, signs, published, .. } = self;
        let next = if signs == published { signs.saturating_add(1) } else { self.newest() };
        match step {
            RotationStep::Publish | RotationStep::Sign => Some(next..=next),
            RotationStep::Retire => (oldest < signs).then(|| oldest..=signs - 1),
            RotationStep::Fetch => Some(oldest..=published),
        }
    }

    /// The first server that does not know the key that signs, whether or not a token shows it.
    pub fn first_server_without_signing_key(self) -> Option<Server> {
        Server::ALL.into_iter().find(|server| !self.known_to(*server).contains(&self.signs))
    }

    /// The keys that a server verifies with.
    pub const fn known_to(self, server: Server) -> RangeInclusive<u32> {
        match server {
            Server::Library => self.oldest..=self.published,
            Server::Timetable => self.copy.0..=self.copy.1,
        }
    }

    /// Every key that the table shows, from the oldest that somebody knows to the newest.
    pub fn rows(self) -> Vec<KeyRow> {
        let from = self.copy.0.min(self.oldest);
        (from..=self.newest()).map(|number| KeyRow { number, keys: self }).collect()
    }

    /// Whether one key is left everywhere.
    fn is_settled(self) -> bool {
        self == Self::only(self.signs)
    }
}

impl fmt::Display for KeyNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { oldest, signs, published, copy: (from, to) } = self;
        write!(f, "{oldest} {signs} {published} {from} {to}")
    }
}

/// One key in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRow {
    pub number: u32,
    keys: KeyNumbers,
}

impl KeyRow {
    pub const fn signs(&self) -> bool {
        self.number == self.keys.signs
    }

    pub fn is_known_to(&self, server: Server) -> bool {
        self.keys.known_to(server).contains(&self.number)
    }
}

/// A server that verifies the portal's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// It fetches the key set for each request.
    Library,
    /// It keeps a copy of the key set.
    Timetable,
}

impl Server {
    pub const ALL: [Self; 2] = [Self::Library, Self::Timetable];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Library => "library",
            Self::Timetable => "timetable",
        }
    }
}

/// One token that a user still has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IssuedToken {
    /// The number of the key that signed it.
    pub key: u32,
    pub seconds_left: f64,
    /// Whether each server accepts it, in the order of [`Server::ALL`].
    pub is_accepted: [bool; 2],
}

impl IssuedToken {
    pub fn is_unexpired(&self) -> bool {
        self.seconds_left > 0.0
    }

    fn is_refused_too_early(&self) -> bool {
        self.is_unexpired() && self.is_accepted != [true; 2]
    }
}

/// Why a valid token was refused during this rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// Its key had left the key set.
    Retired,
    /// Its key was not in the key set yet.
    Unpublished,
    /// Its key was in the key set, and the timetable had not fetched it.
    NotFetched,
}

impl Gap {
    const ALL: [Self; 3] = [Self::Retired, Self::Unpublished, Self::NotFetched];

    fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gap| gap.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::Unpublished => "unpublished",
            Self::NotFetched => "not-fetched",
        }
    }

    /// The cause of the first refusal of an unexpired token.
    pub fn among(tokens: &[IssuedToken], keys: KeyNumbers) -> Option<Self> {
        tokens.iter().find(|token| token.is_refused_too_early()).map(|token| Self::of(token.key, keys))
    }

    /// The cause of the first such refusal by a server that accepted the token before. `before` has the same tokens in
    /// the same order, without those that are new.
    pub fn new_among(before: &[IssuedToken], tokens: &[IssuedToken], keys: KeyNumbers) -> Option<Self> {
        let accepted_before = |place: usize| before.get(place).map_or([true; 2], |token| token.is_accepted);
        let is_new = |(place, token): &(usize, &IssuedToken)| {
            let lost = accepted_before(*place).into_iter().zip(token.is_accepted).any(|(was, is)| was && !is);
            lost && token.is_refused_too_early()
        };
        tokens.iter().enumerate().find(is_new).map(|(_, token)| Self::of(token.key, keys))
    }

    /// Why a token of this key is refused.
    const fn of(key: u32, keys: KeyNumbers) -> Self {
        match key {
            key if key > keys.published => Self::Unpublished,
            key if key < keys.oldest => Self::Retired,
            _ => Self::NotFetched,
        }
    }

    /// What a later mistake did, in a rotation that a gap had spoiled before.
    pub const fn says_of_another(self) -> &'static str {
        match self {
            Self::Retired => {
                "Another token was refused that had not expired: its key left the key set too early. This rotation had \
                 failed before, so press *Start again*."
            }
            Self::Unpublished => {
                "Another new token was refused: its key is not in the key set. This rotation had failed before, so press \
                 *Start again*."
            }
            Self::NotFetched => {
                "Another token was refused by the timetable: its copy of the key set does not have the key. This rotation \
                 had failed before, so press *Start again*."
            }
        }
    }

    pub const fn says(self) -> &'static str {
        match self {
            Self::Retired => {
                "A token was refused that had not expired: its key left the key set too early. Its user was logged out \
                 in the middle of their work. Press *Start again*, and watch the times of the tokens."
            }
            Self::Unpublished => {
                "A new token was refused: its key signed, but was not in the key set. So no server could verify it. Press \
                 *Start again*."
            }
            Self::NotFetched => {
                "A new token was refused by the timetable: its copy of the key set was older than the key. Press *Start \
                 again*, and let the timetable fetch before you sign with the new key."
            }
        }
    }
}

/// What the visitor's session keeps of this lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationState {
    /// The key that is to be replaced.
    replaces: u32,
    pub keys: KeyNumbers,
    /// Why a valid token was refused since the start.
    pub gap: Option<Gap>,
}

impl Default for RotationState {
    fn default() -> Self {
        Self::of(KeyNumbers::default())
    }
}

impl RotationState {
    const fn of(keys: KeyNumbers) -> Self {
        Self { replaces: keys.signs, keys, gap: None }
    }

    /// Reads what [`Self`] displays.
    pub fn parse(text: &str) -> Self {
        Self::read(text).unwrap_or_default()
    }

    fn read(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        let [gap, replaces, numbers @ ..] = &words[..] else { return None };
        let (keys, replaces) = (KeyNumbers::parse(numbers)?, replaces.parse().ok()?);
        (replaces <= keys.signs).then_some(Self { replaces, keys, gap: Gap::find(gap) })
    }

    /// One fresh key, as if nothing had happened.
    #[must_use]
    pub fn again(self) -> Self {
        Self::of(KeyNumbers::only(self.keys.newest().saturating_add(1)))
    }

    /// What the next step is about.
    pub fn open(self, tokens: &[IssuedToken]) -> Open {
        let keys = self.keys;
        let has_token = |is_new: bool| tokens.iter().any(|token| (token.key == keys.signs) == is_new);
        let has_signed = keys.signs != self.replaces;
        if self.gap.is_some() {
            return Open::Part("again");
        }
        Open::first(&[
            (!tokens.is_empty(), "issue"),
            (has_signed || keys.published > keys.signs, "publish"),
            (has_signed || keys.copy.1 >= keys.published, "fetch"),
            (has_signed, "sign"),
            (has_token(true), "new"),
            (keys.oldest == keys.signs, "retire"),
            (keys.is_settled(), "last"),
            (has_token(false) && has_token(true), "again"),
        ])
    }
}

impl fmt::Display for RotationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.gap.map_or("-", Gap::name), self.replaces, self.keys)
    }
}

/// How far a rotation is, and how well it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationResult {
    /// The old key still signs, or a server still knows it.
    UnderWay,
    Smooth,
    /// An unexpired token was refused during the rotation.
    Broken(Gap),
    /// No user had a token signed with the old key, so nothing could break.
    NoOldToken,
    /// No token shows that the new key works.
    NoNewToken,
}

impl RotationResult {
    /// Judges a rotation by its tokens.
    pub fn of(tokens: &[IssuedToken], RotationState { replaces, keys, gap }: RotationState) -> Self {
        let is_old = |token: &IssuedToken| token.key < keys.oldest;
        match gap {
            Some(gap) => Self::Broken(gap),
            None if !keys.is_settled() || keys.signs == replaces => Self::UnderWay,
            None if !tokens.iter().any(is_old) => Self::NoOldToken,
            None if tokens.iter().all(is_old) => Self::NoNewToken,
            None => Self::Smooth,
        }
    }

    pub const fn says(self) -> &'static str {
        match self {
            Self::UnderWay => "The old key is still in use.",
            Self::Smooth => {
                "No server has the old key any more, and no valid token was refused. If anybody has a copy of the old \
                 key, it is worthless now."
            }
            Self::Broken(gap) => gap.says(),
            Self::NoOldToken => {
                "Nothing was refused, but nobody had a token signed with the old key. A real portal always has such users. Press \
                 *Start again*, and issue a token before you change the keys."
            }
            Self::NoNewToken => {
                "The old key is gone, but no token shows that the new key works. Press *Start again*, and issue a token \
                 with the new key too."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: KeyNumbers = KeyNumbers::only(1);

    fn after_all(steps: &[RotationStep]) -> KeyNumbers {
        steps.iter().fold(ONE, |keys, step| keys.after(*step).unwrap())
    }

    fn token(key: u32, seconds_left: f64, is_accepted: [bool; 2]) -> IssuedToken {
        IssuedToken { key, seconds_left, is_accepted }
    }

    #[test]
    fn publish_fetch_sign_retire_fetch_leaves_the_next_key_alone() {
        use RotationStep::{Fetch, Publish, Retire, Sign};
        let known = |keys: KeyNumbers| Server::ALL.map(|server| keys.known_to(server));
        assert_eq!(known(after_all(&[Publish])), [1..=2, 1..=1]);
        assert_eq!(known(after_all(&[Publish, Fetch])), [1..=2, 1..=2]);
        assert_eq!(after_all(&[Publish, Fetch, Sign]).signs, 2);
        let retired = after_all(&[Publish, Fetch, Sign, Retire]);
        assert_eq!(known(retired), [2..=2, 1..=2]);
        assert!(!retired.is_settled());
        assert_eq!(retired.after(Fetch), Ok(KeyNumbers::only(2)));
        assert_eq!(RotationState::default().again().keys, KeyNumbers::only(2));
    }

    #[test]
    fn each_step_names_the_keys_that_it_is_about() {
        use RotationStep::{Fetch, Publish, Retire, Sign};
        let named = |steps: &[RotationStep]| [Sign, Publish, Retire, Fetch].map(|step| after_all(steps).keys_of(step));
        assert_eq!(named(&[]), [Some(2..=2), Some(2..=2), None, Some(1..=1)]);
        assert_eq!(named(&[Publish]), [Some(2..=2), Some(2..=2), None, Some(1..=2)]);
        assert_eq!(named(&[Sign]), [Some(2..=2), Some(2..=2), Some(1..=1), Some(1..=1)]);
        assert_eq!(named(&[Publish, Sign]), [Some(3..=3), Some(3..=3), Some(1..=1), Some(1..=2)]);
        assert_eq!(named(&[Publish, Sign, Publish, Sign])[2], Some(1..=2));
        for step in RotationStep::ALL {
            assert_eq!(RotationStep::find(step.value()), Some(step));
        }
    }

    #[test]
    fn a_key_that_signs_unpublished_is_known_to_nobody() {
        let hasty = after_all(&[RotationStep::Sign]);
        assert_eq!(hasty.known_to(Server::Library), 1..=1);
        assert_eq!(hasty.after(RotationStep::Retire), Err(UNPUBLISHED));
        assert!(hasty.after(RotationStep::Sign).is_err());
        assert_eq!(hasty.first_server_without_signing_key(), Some(Server::Library));
        let unfetched = after_all(&[RotationStep::Publish, RotationStep::Sign]);
        assert_eq!(unfetched.first_server_without_signing_key(), Some(Server::Timetable));
        let fetched = after_all(&[RotationStep::Publish, RotationStep::Fetch, RotationStep::Sign]);
        assert_eq!(fetched.first_server_without_signing_key(), None);
        assert_eq!(hasty.after(RotationStep::Publish).unwrap().known_to(Server::Library), 1..=2);
        let rows = hasty.rows();
        assert_eq!(rows.iter().map(|row| (row.number, row.signs())).collect::<Vec<_>>(), [(1, false), (2, true)]);
        assert!(rows[0].is_known_to(Server::Timetable) && !rows[1].is_known_to(Server::Library));
    }

    #[test]
    fn steps_that_make_no_sense_are_told_and_keys_do_not_pile_up() {
        assert!(ONE.after(RotationStep::Retire).is_err());
        let all = [RotationStep::Publish, RotationStep::Sign, RotationStep::Retire, RotationStep::Fetch];
        for skipped in 0..=all.len() {
            let mut keys = ONE;
            for step in all.iter().enumerate().filter(|(place, _)| *place != skipped).map(|it| *it.1).cycle().take(100)
            {
                keys = keys.after(step).unwrap_or(keys);
                assert!(Server::ALL.iter().all(|it| keys.known_to(*it).count() <= MOST_KEYS as usize), "{keys:?}");
                assert_eq!(RotationState::parse(&format!("- 1 {keys}")).keys, keys);
            }
        }
        let last = RotationState::of(KeyNumbers::only(u32::MAX)).again();
        for step in all {
            let _ = last.keys.after(step).map(KeyNumbers::rows);
        }
    }

    #[test]
    fn what_the_session_keeps_is_read_back_and_what_no_steps_lead_to_is_not() {
        let gap = Some(Gap::NotFetched);
        for keys in [
            ONE,
            after_all(&[RotationStep::Sign]),
            after_all(&[RotationStep::Publish, RotationStep::Fetch, RotationStep::Sign, RotationStep::Retire]),
        ] {
            let kept = RotationState { keys, gap, ..RotationState::default() };
            assert_eq!(RotationState::parse(&kept.to_string()), kept);
        }
        for strange in ["", "x", "1", "1 1 1 1", "0 0 0 0 0", "1 9 1 1 1", "2 2 2 3 1", "1 1 1 1 99999999999"] {
            assert_eq!(RotationState::parse(&format!("- 1 {strange}")), RotationState::default(), "{strange}");
        }
        for strange in ["", "retired 1 1 1 4294967295 1 1", "- 7 1 1 1 1 1", "-"] {
            assert_eq!(RotationState::parse(strange), RotationState::default(), "{strange}");
        }
    }

    #[test]
    fn a_second_gap_is_told_from_a_token_that_was_refused_before() {
        let keys = KeyNumbers { oldest: 2, signs: 2, published: 2, copy: (1, 1) };
        let token = |key, is_accepted| IssuedToken { key, seconds_left: 40.0, is_accepted };
        let before = [token(1, [true, true]), token(2, [true, false])];
        let after = [token(1, [false, true]), token(2, [true, false])];
        assert_eq!(Gap::new_among(&before, &after, keys), Some(Gap::Retired));
        assert_eq!(Gap::new_among(&after, &after, keys), None, "nothing is new");
        assert_eq!(Gap::new_among(&before[..1], &before, keys), Some(Gap::NotFetched), "a new token");
    }

    #[test]
    fn a_refused_token_that_has_not_expired_is_a_gap_with_its_cause() {
        let keys = after_all(&[RotationStep::Publish, RotationStep::Sign]);
        let among = |keys, token| Gap::among(&[token], keys);
        assert_eq!(among(keys, token(2, 3.0, [true, false])), Some(Gap::NotFetched));
        assert_eq!(among(after_all(&[RotationStep::Sign]), token(2, 3.0, [false, false])), Some(Gap::Unpublished));
        assert_eq!(among(keys.after(RotationStep::Retire).unwrap(), token(1, 3.0, [false, true])), Some(Gap::Retired));
        assert_eq!(among(keys, token(2, -1.0, [false, false])), None);
        assert_eq!(among(keys, token(1, 3.0, [true, true])), None);
    }

    #[test]
    fn only_a_rotation_that_refused_no_live_token_is_smooth() {
        let done = RotationState { keys: KeyNumbers::only(2), ..RotationState::default() };
        let (ended, new) = (token(1, -1.0, [false; 2]), token(2, 3.0, [true; 2]));
        assert_eq!(RotationResult::of(&[ended, new], done), RotationResult::Smooth);
        assert_eq!(RotationResult::of(&[ended, token(2, -1.0, [false; 2])], done), RotationResult::Smooth);
        let broken = RotationState { gap: Some(Gap::Unpublished), ..done };
        assert_eq!(RotationResult::of(&[ended, new], broken), RotationResult::Broken(Gap::Unpublished));
        assert_eq!(RotationResult::of(&[new], done), RotationResult::NoOldToken);
        assert_eq!(RotationResult::of(&[ended], done), RotationResult::NoNewToken);
        assert_eq!(RotationResult::of(&[], done), RotationResult::NoOldToken);
        let not_fetched = RotationState { keys: KeyNumbers { copy: (1, 2), ..KeyNumbers::only(2) }, ..done };
        assert_eq!(RotationResult::of(&[ended, new], not_fetched), RotationResult::UnderWay);
        assert_eq!(RotationResult::of(&[new], RotationState::default().again()), RotationResult::UnderWay);
    }
}
