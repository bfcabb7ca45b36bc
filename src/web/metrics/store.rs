//! A store whose calls are counted and timed, whichever database it uses.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;

use super::label::{Label as _, label};
use super::latency::Latency;
use crate::lab::class::{
    Class, ClassChange, ClassCode, Joined, NewClass, NewPupil, Pupil, PupilId, PupilName, PupilStep, ReturnCode,
    WayBack,
};
use crate::profiles::telesign::{PhoneNumber, Xid};
use crate::store::{
    AnswerId, AnswerStore, AuthorizationCode, ClassStore, CodeHash, Cursor, FamilyId, FoundCode, GrantStore, LoginHash,
    LoginSession, NewAnswer, NewFamily, NewRefreshToken, NewTransaction, Page, Presented, Recorded, Redeemed,
    RefreshGrant, RefreshToken, Rotated, Store, StoreError, Transaction,
};
use crate::sync::lock;

label! {
    /// What is asked of a store.
    enum Operation {
        Record "record",
        Transaction "transaction",
        Transactions "transactions",
        Present "present",
        SetStatus "set_status",
        UseOnce "use_once",
        Revoke "revoke",
        IsRevoked "is_revoked",
        PasswordHash "password_hash",
        PutUser "put_user",
        RemoveUser "remove_user",
        Users "users",
        Purge "purge",
        Ping "ping",
        PutCode "put_code",
        Code "code",
        RedeemCode "redeem_code",
        RefreshToken "refresh_token",
        Rotate "rotate",
        RevokeFamily "revoke_family",
        PutLogin "put_login",
        Login "login",
        EndLogin "end_login",
        StartClass "start_class",
        Class "class",
        Pupils "pupils",
        Pupil "pupil",
        JoinClass "join_class",
        AddStep "add_step",
        BeginAgain "begin_again",
        RenamePupil "rename_pupil",
        LetBackIn "let_back_in",
        ComeBack "come_back",
        RemovePupil "remove_pupil",
        ResetProgress "reset_progress",
        ChangeClass "change_class",
        EndClass "end_class",
        KeepAnswer "keep_answer",
        Answer "answer",
    }
}

label! {
    /// How a call ended.
    enum Outcome {
        Ok "ok",
        Slow "slow",
        Broken "broken",
        Closed "closed",
    }
}

impl<T> From<&Result<T, StoreError>> for Outcome {
    fn from(answer: &Result<T, StoreError>) -> Self {
        match answer {
            Ok(_) => Self::Ok,
            Err(StoreError::Slow) => Self::Slow,
            Err(StoreError::Broken(_)) => Self::Broken,
            Err(StoreError::Closed) => Self::Closed,
        }
    }
}

/// The calls of all operations.
#[derive(Debug)]
pub(super) struct Calls([Mutex<Counts>; Operation::ALL.len()]);

impl Default for Calls {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

#[derive(Clone, Debug, Default)]
struct Counts {
    outcomes: [u64; Outcome::ALL.len()],
    latency: Latency,
}

impl Calls {
    /// A call that nobody waits for any longer is not counted.
    async fn measure<T>(
        &self,
        operation: Operation,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let started = Instant::now();
        let answer = call.await;
        let took = started.elapsed();
        let mut counts = lock(&self.0[operation.position()]);
        counts.outcomes[Outcome::from(&answer).position()] += 1;
        counts.latency.observe(took);
        drop(counts);
        answer
    }
}

impl Collector for Calls {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let all = Operation::ALL.iter().zip(self.0.iter().map(|counts| lock(counts).clone()));
        let used: Vec<_> = all.filter(|(_, counts)| counts.outcomes.iter().sum::<u64>() > 0).collect();
        let help = "Calls of the store, by operation and outcome.";
        let mut calls = encoder.encode_descriptor("store_calls", help, None, MetricType::Counter)?;
        for (operation, counts) in &used {
            for (outcome, count) in Outcome::ALL.iter().zip(counts.outcomes) {
                let labels = [("operation", operation.name()), ("outcome", outcome.name())];
                ConstCounter::new(count).encode(calls.encode_family(&labels)?)?;
            }
        }
        let help = "How long calls of the store took.";
        let mut took = encoder.encode_descriptor("store_call_duration_seconds", help, None, MetricType::Histogram)?;
        for (operation, counts) in &used {
            counts.latency.encode(took.encode_family(&[("operation", operation.name())])?)?;
        }
        Ok(())
    }
}

/// The store with its calls counted.
pub(super) struct CountedStore {
    store: Arc<dyn Store>,
    calls: Arc<Calls>,
}

impl CountedStore {
    pub fn new(store: Arc<dyn Store>, calls: Arc<Calls>) -> Self {
        Self { store, calls }
    }
}

#[async_trait]
impl Store for CountedStore {
    async fn record(&self, new: NewTransaction) -> Result<Recorded, StoreError> {
        self.calls.measure(Operation::Record, self.store.record(new)).await
    }

    async fn transaction(&self, xid: &Xid) -> Result<Option<Transaction>, StoreError> {
        self.calls.measure(Operation::Transaction, self.store.transaction(xid)).await
    }

    async fn transactions(&self, phone: &PhoneNumber, after: Option<Cursor>, limit: u32) -> Result<Page, StoreError> {
        self.calls.measure(Operation::Transactions, self.store.transactions(phone, after, limit)).await
    }

    async fn present(&self, xid: &Xid, token: &str, now: DateTime<Utc>) -> Result<Presented, StoreError> {
        self.calls.measure(Operation::Present, self.store.present(xid, token, now)).await
    }

    async fn set_status(&self, xid: &Xid, status: &str) -> Result<Option<Transaction>, StoreError> {
        self.calls.measure(Operation::SetStatus, self.store.set_status(xid, status)).await
    }

    async fn use_once(
        &self,
        profile: &str,
        jti: &str,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.calls.measure(Operation::UseOnce, self.store.use_once(profile, jti, expires_at, now)).await
    }

    async fn revoke(&self, profile: &str, jti: &str, expires_at: DateTime<Utc>) -> Result<(), StoreError> {
        self.calls.measure(Operation::Revoke, self.store.revoke(profile, jti, expires_at)).await
    }

    async fn is_revoked(&self, profile: &str, jti: &str, family: Option<&FamilyId>) -> Result<bool, StoreError> {
        self.calls.measure(Operation::IsRevoked, self.store.is_revoked(profile, jti, family)).await
    }

    async fn password_hash(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.calls.measure(Operation::PasswordHash, self.store.password_hash(name)).await
    }

    async fn put_user(&self, name: &str, password_hash: &str) -> Result<(), StoreError> {
        self.calls.measure(Operation::PutUser, self.store.put_user(name, password_hash)).await
    }

    async fn remove_user(&self, name: &str) -> Result<bool, StoreError> {
        self.calls.measure(Operation::RemoveUser, self.store.remove_user(name)).await
    }

    async fn users(&self) -> Result<Vec<String>, StoreError> {
        self.calls.measure(Operation::Users, self.store.users()).await
    }

    async fn purge(&self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, StoreError> {
        self.calls.measure(Operation::Purge, self.store.purge(before, now)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.calls.measure(Operation::Ping, self.store.ping()).await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}

#[async_trait]
impl GrantStore for CountedStore {
    async fn put_code(&self, hash: &CodeHash, code: &AuthorizationCode) -> Result<(), StoreError> {
        self.calls.measure(Operation::PutCode, self.store.put_code(hash, code)).await
    }

    async fn code(&self, hash: &CodeHash, now: DateTime<Utc>) -> Result<Option<FoundCode>, StoreError> {
        self.calls.measure(Operation::Code, self.store.code(hash, now)).await
    }

    async fn redeem_code(
        &self,
        hash: &CodeHash,
        client_id: &str,
        family: &NewFamily,
        now: DateTime<Utc>,
    ) -> Result<Redeemed, StoreError> {
        self.calls.measure(Operation::RedeemCode, self.store.redeem_code(hash, client_id, family, now)).await
    }

    async fn refresh_token(
        &self,
        token: &RefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Option<RefreshGrant>, StoreError> {
        self.calls.measure(Operation::RefreshToken, self.store.refresh_token(token, now)).await
    }

    async fn rotate(
        &self,
        token: &RefreshToken,
        client_id: &str,
        next: &NewRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Rotated, StoreError> {
        self.calls.measure(Operation::Rotate, self.store.rotate(token, client_id, next, now)).await
    }

    async fn revoke_family(&self, family: &FamilyId, client_id: &str) -> Result<bool, StoreError> {
        self.calls.measure(Operation::RevokeFamily, self.store.revoke_family(family, client_id)).await
    }

    async fn put_login(&self, hash: &LoginHash, login: &LoginSession) -> Result<(), StoreError> {
        self.calls.measure(Operation::PutLogin, self.store.put_login(hash, login)).await
    }

    async fn login(&self, hash: &LoginHash, now: DateTime<Utc>) -> Result<Option<LoginSession>, StoreError> {
        self.calls.measure(Operation::Login, self.store.login(hash, now)).await
    }

    async fn end_login(&self, hash: &LoginHash) -> Result<bool, StoreError> {
        self.calls.measure(Operation::EndLogin, self.store.end_login(hash)).await
    }
}

#[async_trait]
impl ClassStore for CountedStore {
    async fn start_class(&self, new: &NewClass, now: DateTime<Utc>) -> Result<Class, StoreError> {
        self.calls.measure(Operation::StartClass, self.store.start_class(new, now)).await
    }

    async fn class(&self, now: DateTime<Utc>) -> Result<Option<Class>, StoreError> {
        self.calls.measure(Operation::Class, self.store.class(now)).await
    }

    async fn pupils(&self, now: DateTime<Utc>) -> Result<Option<(Class, Vec<Pupil>)>, StoreError> {
        self.calls.measure(Operation::Pupils, self.store.pupils(now)).await
    }

    async fn pupil(&self, id: &PupilId, now: DateTime<Utc>) -> Result<Option<(Class, Pupil)>, StoreError> {
        self.calls.measure(Operation::Pupil, self.store.pupil(id, now)).await
    }

    async fn join_class(&self, code: &ClassCode, new: &NewPupil, now: DateTime<Utc>) -> Result<Joined, StoreError> {
        self.calls.measure(Operation::JoinClass, self.store.join_class(code, new, now)).await
    }

    async fn add_step(&self, id: &PupilId, step: &PupilStep, now: DateTime<Utc>) -> Result<Option<Pupil>, StoreError> {
        self.calls.measure(Operation::AddStep, self.store.add_step(id, step, now)).await
    }

    async fn begin_again(&self, id: &PupilId, returns: i64, now: DateTime<Utc>) -> Result<Option<Pupil>, StoreError> {
        self.calls.measure(Operation::BeginAgain, self.store.begin_again(id, returns, now)).await
    }

    async fn rename_pupil(
        &self,
        id: &PupilId,
        name: &PupilName,
        now: DateTime<Utc>,
    ) -> Result<Option<Pupil>, StoreError> {
        self.calls.measure(Operation::RenamePupil, self.store.rename_pupil(id, name, now)).await
    }

    async fn let_back_in(&self, id: &PupilId, way: &WayBack, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.calls.measure(Operation::LetBackIn, self.store.let_back_in(id, way, now)).await
    }

    async fn come_back(&self, code: &ReturnCode, now: DateTime<Utc>) -> Result<Option<(Class, Pupil)>, StoreError> {
        self.calls.measure(Operation::ComeBack, self.store.come_back(code, now)).await
    }

    async fn remove_pupil(&self, id: &PupilId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.calls.measure(Operation::RemovePupil, self.store.remove_pupil(id, now)).await
    }

    async fn reset_progress(
        &self,
        pupil: Option<&PupilId>,
        lesson: Option<&'static str>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.calls.measure(Operation::ResetProgress, self.store.reset_progress(pupil, lesson, now)).await
    }

    async fn change_class(&self, change: &ClassChange, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.calls.measure(Operation::ChangeClass, self.store.change_class(change, now)).await
    }

    async fn end_class(&self) -> Result<bool, StoreError> {
        self.calls.measure(Operation::EndClass, self.store.end_class()).await
    }
}

#[async_trait]
impl AnswerStore for CountedStore {
    async fn keep_answer(&self, new: &NewAnswer) -> Result<(), StoreError> {
        self.calls.measure(Operation::KeepAnswer, self.store.keep_answer(new)).await
    }

    async fn answer(&self, id: &AnswerId, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, StoreError> {
        self.calls.measure(Operation::Answer, self.store.answer(id, now)).await
    }
}
