//! What every store must do for a class. All times are seconds after the second zero.

use hallpass::lab::class::{
    Class, ClassChange, ClassCode, ClassId, Joined, LessonKeys, LessonStep, NewClass, NewPupil, Pupil, PupilId,
    PupilName, PupilStep, Record, ReturnCode, WayBack,
};
use hallpass::lab::progress::LessonProgress;
use hallpass::random::Random;

use super::*;

fn new_class() -> NewClass {
    let random = Random::system();
    NewClass { id: ClassId::generate(&random).unwrap(), code: ClassCode::generate(&random).unwrap() }
}

fn new_pupil(name: &str) -> NewPupil {
    NewPupil { id: PupilId::generate(&Random::system()).unwrap(), name: PupilName::parse(name).unwrap() }
}

pub(super) async fn start(store: &Shared) -> Class {
    store.start_class(&new_class(), moment(0)).await.unwrap()
}

pub(super) async fn join(store: &Shared, class: &Class, name: &str) -> PupilId {
    let new = new_pupil(name);
    assert_eq!(store.join_class(&class.code, &new, moment(0)).await.unwrap(), Joined::Joined);
    new.id
}

async fn found(store: &Shared, id: &PupilId) -> Option<Pupil> {
    store.pupil(id, moment(1)).await.unwrap().map(|(_, pupil)| pupil)
}

pub(super) async fn names(store: &Shared) -> Vec<String> {
    let (_, pupils) = store.pupils(moment(1)).await.unwrap().unwrap();
    pupils.iter().map(|pupil| pupil.name.as_str().to_owned()).collect()
}

async fn version(store: &Shared) -> i64 {
    store.class(moment(1)).await.unwrap().unwrap().version
}

/// A step in a lesson, with a progress that begins at nothing.
pub(super) fn step(key: &'static str, change: impl Fn(&mut LessonProgress)) -> PupilStep {
    let mut after = LessonProgress::default();
    change(&mut after);
    PupilStep { lesson: Some(LessonStep { key, before: LessonProgress::default(), after }), ..PupilStep::default() }
}

pub(super) fn wrong_try(key: &'static str) -> PupilStep {
    step(key, LessonProgress::count_try)
}

pub(super) async fn a_class_is_open_until_it_is_ended(store: &Shared) {
    assert_eq!(store.class(moment(0)).await.unwrap(), None);
    let class = start(store).await;
    assert!(class.solutions_held && !class.codes_held && class.is_lesson_open("an"));
    assert_eq!(start(store).await.code, class.code, "there is one class at a time");
    let ada = join(store, &class, "Ada").await;
    assert!(store.end_class().await.unwrap());
    assert_eq!((store.class(moment(0)).await.unwrap(), found(store, &ada).await), (None, None));
    assert_eq!(store.pupils(moment(0)).await.unwrap(), None);
    assert!(!store.end_class().await.unwrap());
    let next = start(store).await;
    assert!(next.id != class.id && names(store).await.is_empty());
}

pub(super) async fn a_class_ends_fourteen_days_after_its_last_use(store: &Shared) {
    let class = start(store).await;
    let ada = join(store, &class, "Ada").await;
    let last = 14 * 86_400;
    assert!(store.class(moment(last - 1)).await.unwrap().is_some());
    assert!(store.class(moment(last)).await.unwrap().is_none());
    assert!(store.pupil(&ada, moment(last)).await.unwrap().is_none());
    assert_eq!(store.add_step(&ada, &PupilStep::default(), moment(last)).await.unwrap(), None);
    assert_eq!(store.join_class(&class.code, &new_pupil("Bob"), moment(last)).await.unwrap(), Joined::WrongCode);
    assert!(!store.change_class(&ClassChange::Use, moment(last)).await.unwrap());

    store.add_step(&ada, &PupilStep::default(), moment(last - 1)).await.unwrap().unwrap();
    assert!(store.class(moment(last)).await.unwrap().is_some(), "work is a use");
    let next = store.start_class(&new_class(), moment(3 * last)).await.unwrap();
    assert_ne!(next.id, class.id);
    assert_eq!(store.pupils(moment(3 * last)).await.unwrap().unwrap().1, []);
}

pub(super) async fn only_the_code_of_the_class_lets_a_pupil_join(store: &Shared) {
    let class = start(store).await;
    let other = ClassCode::parse(if class.code.as_str() == "BCDFGH" { "BCDFGJ" } else { "BCDFGH" }).unwrap();
    assert_eq!(store.join_class(&other, &new_pupil("Ada"), moment(0)).await.unwrap(), Joined::WrongCode);
    for name in ["Ada", "Bob", "Ada", "李 \"x\" 'y'"] {
        join(store, &class, name).await;
    }
    assert_eq!(names(store).await, ["Ada", "Bob", "Ada", "李 \"x\" 'y'"]);
}

pub(super) async fn joining_can_be_closed_and_the_code_changed(store: &Shared) {
    let class = start(store).await;
    let ada = join(store, &class, "Ada").await;
    assert!(store.change_class(&ClassChange::OpenJoining(false), moment(1)).await.unwrap());
    assert_eq!(store.join_class(&class.code, &new_pupil("Bob"), moment(1)).await.unwrap(), Joined::Closed);
    let code = ClassCode::parse(if class.code.as_str() == "BCDFGH" { "BCDFGJ" } else { "BCDFGH" }).unwrap();
    store.change_class(&ClassChange::NewCode(code.clone()), moment(1)).await.unwrap();
    assert_eq!(store.join_class(&class.code, &new_pupil("Bob"), moment(1)).await.unwrap(), Joined::WrongCode);
    store.change_class(&ClassChange::OpenJoining(true), moment(1)).await.unwrap();
    assert_eq!(store.join_class(&code, &new_pupil("Bob"), moment(1)).await.unwrap(), Joined::Joined);
    let now = store.class(moment(1)).await.unwrap().unwrap();
    assert_eq!((now.id, now.code, now.joining_open), (class.id, code, true));
    assert!(found(store, &ada).await.is_some());
}

pub(super) async fn a_pupil_comes_back_once_with_a_code_and_has_a_new_name(store: &Shared) {
    let class = start(store).await;
    let (ada, bob) = (join(store, &class, "Ada").await, join(store, &class, "Bob").await);
    store.add_step(&ada, &wrong_try("an"), moment(1)).await.unwrap();
    let way = |seconds| WayBack { code: ReturnCode::generate(&Random::system()).unwrap(), until: moment(seconds) };
    let (old, new, late) = (way(600), way(600), way(300));
    for (id, way) in [(&ada, &old), (&ada, &new), (&bob, &late)] {
        assert!(store.let_back_in(id, way, moment(2)).await.unwrap());
    }
    assert_eq!(found(store, &ada).await.unwrap().way_back, Some(new.clone()));
    assert_eq!(store.come_back(&old.code, moment(3)).await.unwrap(), None, "another code came after it");
    assert_eq!(store.come_back(&late.code, moment(300)).await.unwrap(), None, "it has expired");
    let (_, back) = store.come_back(&new.code, moment(4)).await.unwrap().unwrap();
    assert_eq!((back.id, back.record.progress.lesson("an").tries, back.way_back), (ada.clone(), 1, None));
    assert_eq!((back.returns, found(store, &bob).await.unwrap().returns), (1, 0), "the browser before is another's");
    assert_eq!(store.come_back(&new.code, moment(4)).await.unwrap(), None, "it works once");
    let kept = found(store, &ada).await;
    assert_eq!(store.add_step(&ada, &wrong_try("an"), moment(4)).await.unwrap(), None, "from the browser before");
    assert_eq!(store.begin_again(&ada, 0, moment(4)).await.unwrap(), None, "from the browser before");
    assert_eq!(found(store, &ada).await, kept);

    let before = found(store, &ada).await.unwrap().steps;
    let name = PupilName::parse("Ada L.").unwrap();
    let renamed = store.rename_pupil(&ada, &name, moment(5)).await.unwrap().unwrap();
    assert_eq!((renamed.name, renamed.steps), (name.clone(), before + 1));
    assert_eq!(names(store).await, ["Ada L.", "Bob"]);
    store.remove_pupil(&ada, moment(6)).await.unwrap();
    assert_eq!(store.rename_pupil(&ada, &name, moment(7)).await.unwrap(), None);
    assert!(!store.let_back_in(&ada, &old, moment(7)).await.unwrap());
    store.end_class().await.unwrap();
    assert_eq!(store.come_back(&late.code, moment(8)).await.unwrap(), None);
}

pub(super) async fn a_number_tells_pupils_of_one_name_apart_and_stays(store: &Shared) {
    let class = start(store).await;
    let [first, second, third, bob] = [
        join(store, &class, "Ada"),
        join(store, &class, "ADA"),
        join(store, &class, "Ada"),
        join(store, &class, "Bob"),
    ];
    let (first, second, third, bob) = (first.await, second.await, third.await, bob.await);
    let number = async |id: &PupilId| found(store, id).await.unwrap().number;
    assert_eq!((number(&first).await, number(&second).await, number(&third).await, number(&bob).await), (1, 2, 3, 1));
    store.remove_pupil(&first, moment(1)).await.unwrap();
    assert_eq!((number(&second).await, number(&third).await), (2, 3));
    let ada = PupilName::parse("Ada").unwrap();
    assert_eq!(store.rename_pupil(&bob, &ada, moment(1)).await.unwrap().unwrap().number, 1);
    assert_eq!(store.rename_pupil(&third, &ada, moment(1)).await.unwrap().unwrap().number, 3, "it is free for them");
    assert_eq!(number(&join(store, &class, "ada").await).await, 4);
}

pub(super) async fn a_pupil_who_begins_again_is_counted(store: &Shared) {
    let class = start(store).await;
    let (ada, bob) = (join(store, &class, "Ada").await, join(store, &class, "Bob").await);
    for id in [&ada, &bob] {
        store.add_step(id, &wrong_try("an"), moment(1)).await.unwrap();
    }
    let before = (found(store, &ada).await.unwrap().steps, version(store).await);
    let again = store.begin_again(&ada, 0, moment(5)).await.unwrap().unwrap();
    assert_eq!((again.restarts, again.steps, again.seen_at), (1, before.0 + 1, moment(5)));
    assert_eq!((again.record.clone(), version(store).await > before.1), (Record::default(), true));
    assert_eq!(found(store, &ada).await, Some(again));
    let other = found(store, &bob).await.unwrap();
    assert_eq!((other.restarts, other.record.progress.lesson("an").tries), (0, 1));
    store.begin_again(&ada, 0, moment(6)).await.unwrap();
    store.reset_progress(Some(&ada), Some("an"), moment(7)).await.unwrap();
    assert_eq!(found(store, &ada).await.unwrap().restarts, 2, "one lesson is not everything");
    store.reset_progress(Some(&ada), None, moment(8)).await.unwrap();
    assert_eq!(found(store, &ada).await.unwrap().restarts, 0);
    store.remove_pupil(&ada, moment(9)).await.unwrap();
    assert_eq!(store.begin_again(&ada, 0, moment(9)).await.unwrap(), None);
}

pub(super) async fn one_solution_is_released_or_held_apart_from_the_others(store: &Shared) {
    start(store).await;
    let one = |key, held| ClassChange::HoldSolution { key, held };
    for (change, held) in [
        (one("an", false), [false, true]),
        (one("sc", false), [false, false]),
        (one("an", true), [true, false]),
        (ClassChange::HoldSolutions(true), [true, true]),
        (ClassChange::HoldSolutions(false), [false, false]),
        (one("sc", true), [false, true]),
    ] {
        assert!(store.change_class(&change, moment(1)).await.unwrap());
        let class = store.class(moment(1)).await.unwrap().unwrap();
        assert_eq!(["an", "sc"].map(|key| class.is_solution_held(key)), held, "{change:?}");
    }
}

pub(super) async fn what_a_pupil_does_is_kept_and_nobody_else_s_changes(store: &Shared) {
    let class = start(store).await;
    let (ada, bob) = (join(store, &class, "Ada").await, join(store, &class, "Bob").await);
    let before = found(store, &bob).await;
    let solved = step("an", |lesson| lesson.is_solved = true);
    store.add_step(&ada, &solved, moment(5)).await.unwrap();
    store.add_step(&ada, &PupilStep { tried: Some("or"), ..PupilStep::default() }, moment(7)).await.unwrap();
    let kept = found(store, &ada).await.unwrap();
    assert!(kept.record.progress.has_solved("an") && kept.record.progress.has_tried("or"));
    assert_eq!((kept.joined_at, kept.seen_at), (moment(0), moment(7)));
    let times = kept.record.times["an"];
    assert_eq!((times.opened_at, times.solved_at), (moment(5).timestamp(), Some(moment(5).timestamp())));
    assert_eq!(found(store, &bob).await, before);
}

pub(super) async fn of_many_requests_of_a_pupil_at_once_none_is_lost(store: &Shared) {
    let class = start(store).await;
    let ada = join(store, &class, "Ada").await;
    let mut calls = JoinSet::new();
    for number in 0..30 {
        let (store, ada) = (store.clone(), ada.clone());
        let step = match number {
            10 => step("an", |lesson| lesson.is_solved = true),
            20 => PupilStep { tried: Some("or"), ..PupilStep::default() },
            _ => wrong_try("an"),
        };
        calls.spawn(async move { store.add_step(&ada, &step, moment(1)).await.unwrap().unwrap() });
    }
    calls.join_all().await;
    let progress = found(store, &ada).await.unwrap().record.progress;
    assert_eq!((progress.lesson("an").tries, progress.has_solved("an"), progress.has_tried("or")), (28, true, true));
}

pub(super) async fn thirty_pupils_join_and_work_at_once(store: &Shared) {
    let class = start(store).await;
    let mut calls = JoinSet::new();
    for number in 0..30 {
        let (store, code) = (store.clone(), class.code.clone());
        calls.spawn(async move {
            let new = new_pupil(&format!("Pupil {number}"));
            assert_eq!(store.join_class(&code, &new, moment(0)).await.unwrap(), Joined::Joined);
            store.add_step(&new.id, &wrong_try("an"), moment(1)).await.unwrap().unwrap();
        });
    }
    calls.join_all().await;
    let (_, pupils) = store.pupils(moment(1)).await.unwrap().unwrap();
    assert_eq!(pupils.len(), 30);
    assert!(pupils.iter().all(|pupil| pupil.record.progress.lesson("an").tries == 1));
}

pub(super) async fn a_reset_is_of_one_pupil_or_all_in_one_lesson_or_all(store: &Shared) {
    for (resets_ada_alone, lesson, left) in [
        (true, Some("an"), [[0, 1], [1, 1]]),
        (true, None, [[0, 0], [1, 1]]),
        (false, Some("sc"), [[1, 0], [1, 0]]),
        (false, None, [[0, 0], [0, 0]]),
    ] {
        store.end_class().await.unwrap();
        let class = start(store).await;
        let pupils = [join(store, &class, "Ada").await, join(store, &class, "Bob").await];
        for pupil in &pupils {
            for key in ["an", "sc"] {
                store.add_step(pupil, &wrong_try(key), moment(1)).await.unwrap();
            }
        }
        store.reset_progress(resets_ada_alone.then_some(&pupils[0]), lesson, moment(2)).await.unwrap();
        for (pupil, left) in pupils.iter().zip(left) {
            let progress = found(store, pupil).await.unwrap().record.progress;
            assert_eq!(["an", "sc"].map(|key| progress.lesson(key).tries), left);
        }
    }
}

pub(super) async fn a_pupil_who_is_removed_is_gone(store: &Shared) {
    let class = start(store).await;
    let ada = join(store, &class, "Ada").await;
    join(store, &class, "Bob").await;
    assert!(store.remove_pupil(&ada, moment(1)).await.unwrap());
    assert!(!store.remove_pupil(&ada, moment(1)).await.unwrap());
    assert_eq!(store.add_step(&ada, &wrong_try("an"), moment(1)).await.unwrap(), None);
    assert_eq!((found(store, &ada).await, names(store).await), (None, vec!["Bob".to_owned()]));
}

pub(super) async fn what_is_held_and_closed_is_kept(store: &Shared) {
    start(store).await;
    for change in [
        ClassChange::HoldSolutions(false),
        ClassChange::HoldCodes(true),
        ClassChange::OpenLesson { key: "an", is_open: false },
        ClassChange::OpenLesson { key: "sc", is_open: false },
        ClassChange::OpenLesson { key: "an", is_open: true },
    ] {
        assert!(store.change_class(&change, moment(1)).await.unwrap());
    }
    let class = store.class(moment(1)).await.unwrap().unwrap();
    assert_eq!((class.solutions_held, class.codes_held), (false, true));
    assert_eq!((class.is_lesson_open("an"), class.is_lesson_open("sc")), (true, false));
    store.change_class(&ClassChange::CloseLessons(LessonKeys::parse("an")), moment(1)).await.unwrap();
    let class = store.class(moment(1)).await.unwrap().unwrap();
    assert_eq!((class.is_lesson_open("an"), class.is_lesson_open("sc")), (false, true));
}

pub(super) async fn every_change_of_a_class_gives_it_another_version(store: &Shared) {
    let class = start(store).await;
    let mut last = version(store).await;
    let ada = join(store, &class, "Ada").await;
    let mut is_another = async || {
        let now = version(store).await;
        assert_ne!(now, last);
        last = now;
    };
    is_another().await;
    store.add_step(&ada, &wrong_try("an"), moment(1)).await.unwrap();
    is_another().await;
    store.reset_progress(None, None, moment(1)).await.unwrap();
    is_another().await;
    store.change_class(&ClassChange::HoldCodes(true), moment(1)).await.unwrap();
    is_another().await;
    store.remove_pupil(&ada, moment(1)).await.unwrap();
    is_another().await;
}

pub(super) async fn a_purge_deletes_a_class_that_is_over_with_its_pupils(store: &Shared) {
    let class = start(store).await;
    let ada = join(store, &class, "Ada").await;
    let last = 14 * 86_400;
    store.purge(moment(0), moment(last - 1)).await.unwrap();
    assert!(found(store, &ada).await.is_some());
    store.purge(moment(0), moment(last)).await.unwrap();
    // Asked by an earlier time, at which the class was open: its rows are gone.
    assert_eq!((found(store, &ada).await, store.class(moment(1)).await.unwrap()), (None, None));
}
