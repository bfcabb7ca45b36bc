//! A class and its pupils: one class at a time, which is open until it is ended, or nobody has used it for
//! [`Class::KEPT`].
//!
//! Each method is one atomic step, also for several processes that share a database. What a pupil's request did is
//! added to what is kept, so that concurrent requests do not overwrite each other.

pub(super) mod rows;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::lab::class::{
    Class, ClassChange, ClassCode, Joined, NewClass, NewPupil, Pupil, PupilId, PupilName, PupilStep, ReturnCode,
    WayBack,
};

/// The part of a [`Store`](super::Store) that belongs to a class. Times are stored in whole seconds.
#[async_trait]
pub trait ClassStore: Send + Sync {
    /// The open class. Opens `new` if there is none.
    async fn start_class(&self, new: &NewClass, now: DateTime<Utc>) -> Result<Class, StoreError>;

    /// The open class.
    async fn class(&self, now: DateTime<Utc>) -> Result<Option<Class>, StoreError>;

    /// The open class and its pupils, in the order in which they joined.
    async fn pupils(&self, now: DateTime<Utc>) -> Result<Option<(Class, Vec<Pupil>)>, StoreError>;

    /// One pupil and the open class.
    async fn pupil(&self, id: &PupilId, now: DateTime<Utc>) -> Result<Option<(Class, Pupil)>, StoreError>;

    /// Adds a pupil to the class with this code, if its teacher lets pupils join.
    async fn join_class(&self, code: &ClassCode, new: &NewPupil, now: DateTime<Utc>) -> Result<Joined, StoreError>;

    /// Adds what a request of a pupil did, and that the pupil was seen. The pupil as kept afterwards; `None` if the
    /// class is over, the pupil was removed, or has come back since in another browser.
    async fn add_step(&self, id: &PupilId, step: &PupilStep, now: DateTime<Utc>) -> Result<Option<Pupil>, StoreError>;

    /// Deletes the progress of a pupil who begins again, and counts that. The pupil as kept afterwards; `None` if there
    /// is no such pupil, or `returns` is not the stored count.
    async fn begin_again(&self, id: &PupilId, returns: i64, now: DateTime<Utc>) -> Result<Option<Pupil>, StoreError>;

    /// Gives a pupil another name. The pupil as kept afterwards; `None` if there is no such pupil.
    async fn rename_pupil(
        &self,
        id: &PupilId,
        name: &PupilName,
        now: DateTime<Utc>,
    ) -> Result<Option<Pupil>, StoreError>;

    /// Lets a pupil come back with a code, instead of one that they had; `false` if there is no such pupil.
    async fn let_back_in(&self, id: &PupilId, way: &WayBack, now: DateTime<Utc>) -> Result<bool, StoreError>;

    /// The pupil who comes back with this code, and the class. The code is spent, and the return is counted.
    async fn come_back(&self, code: &ReturnCode, now: DateTime<Utc>) -> Result<Option<(Class, Pupil)>, StoreError>;

    /// Deletes a pupil and their progress; `false` if there is no such pupil.
    async fn remove_pupil(&self, id: &PupilId, now: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Deletes the progress of one pupil or of all, in one lesson or in everything. Everything includes how often they
    /// began again.
    async fn reset_progress(
        &self,
        pupil: Option<&PupilId>,
        lesson: Option<&'static str>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Changes the open class; `false` if there is none.
    async fn change_class(&self, change: &ClassChange, now: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Deletes the class, its pupils and the answer pages, which have the pupils' names; `false` if there was no class.
    async fn end_class(&self) -> Result<bool, StoreError>;
}
