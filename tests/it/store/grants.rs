//! What every store must do for the OAuth issuer. All times are seconds after the second zero.

use aws_lc_rs::rand::SystemRandom;
use hallpass::store::{
    AuthorizationCode, CodeHash, FamilyId, FoundCode, Grant, LoginHash, LoginSession, NewFamily, NewRefreshToken,
    Redeemed, RefreshToken, Rotated,
};

use super::*;

/// The profile of the access tokens.
const BEARER: &str = "bearer";

pub(super) fn grant() -> Grant {
    Grant {
        client_id: "app".to_owned(),
        subject: "bob".to_owned(),
        scope: "openid offline_access".to_owned(),
        audience: vec!["https://api.example".to_owned(), "other".to_owned()],
        auth_time: moment(-30),
    }
}

/// A code that expires in the second 60.
pub(super) fn new_code() -> AuthorizationCode {
    AuthorizationCode {
        grant: grant(),
        redirect_uri: "http://127.0.0.1:8080/callback".to_owned(),
        challenge: Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned()),
        nonce: None,
        expires_at: moment(60),
    }
}

pub(super) fn first_token() -> RefreshToken {
    RefreshToken::first(&SystemRandom::new()).unwrap()
}

pub(super) fn next_token(token: &RefreshToken) -> RefreshToken {
    token.next(&SystemRandom::new()).unwrap()
}

/// A refresh token that expires in the second 1000, and its access token in the second 600.
pub(super) fn issued_token(token: &RefreshToken) -> NewRefreshToken {
    NewRefreshToken { token: token.clone(), expires_at: moment(1000), access_expires_at: moment(600) }
}

pub(super) async fn put_code(store: &Shared, code: &str) -> CodeHash {
    let hash = CodeHash::of(code);
    store.put_code(&hash, &new_code()).await.unwrap();
    hash
}

pub(super) async fn redeem(store: &Shared, hash: &CodeHash, token: &RefreshToken) -> Redeemed {
    store.redeem_code(hash, "app", &NewFamily::of_refresh_token(issued_token(token)), moment(1)).await.unwrap()
}

/// The first refresh token of a new family, which the code `code` created.
pub(super) async fn new_family(store: &Shared, code: &str) -> RefreshToken {
    let (hash, token) = (put_code(store, code).await, first_token());
    assert_eq!(redeem(store, &hash, &token).await, Redeemed::Redeemed);
    token
}

pub(super) async fn rotate(store: &Shared, token: &RefreshToken, next: &RefreshToken) -> Rotated {
    store.rotate(token, "app", &issued_token(next), moment(2)).await.unwrap()
}

pub(super) async fn is_family_revoked(store: &Shared, family: FamilyId) -> bool {
    store.is_revoked(BEARER, "any", Some(&family)).await.unwrap()
}

async fn is_active(store: &Shared, token: &RefreshToken, seconds: i64) -> bool {
    store.refresh_token(token, moment(seconds)).await.unwrap().is_some()
}

pub(super) async fn a_code_is_found_without_being_spent(store: &Shared) {
    let hash = put_code(store, "code").await;
    for _ in 0..2 {
        assert_eq!(store.code(&hash, moment(0)).await.unwrap(), Some(FoundCode::Unspent(new_code())));
    }
    assert_eq!(store.code(&CodeHash::of("Code"), moment(0)).await.unwrap(), None);
    assert_eq!(redeem(store, &hash, &first_token()).await, Redeemed::Redeemed);
}

pub(super) async fn a_code_is_redeemed_once_and_a_second_use_revokes_what_it_gave(store: &Shared) {
    let (hash, token) = (put_code(store, "code").await, first_token());
    assert_eq!(redeem(store, &hash, &token).await, Redeemed::Redeemed);
    let spent = Some(FoundCode::Spent { client_id: "app".to_owned(), family: token.family() });
    assert_eq!(store.code(&hash, moment(1)).await.unwrap(), spent);
    assert!(!is_family_revoked(store, token.family()).await && is_active(store, &token, 1).await);

    let second = first_token();
    assert_eq!(redeem(store, &hash, &second).await, Redeemed::AlreadySpent);
    assert!(is_family_revoked(store, token.family()).await && !is_active(store, &token, 1).await);
    assert_eq!(rotate(store, &token, &next_token(&token)).await, Rotated::Revoked);
    assert_eq!(rotate(store, &second, &next_token(&second)).await, Rotated::Unknown, "it gave nothing");
    assert_eq!(redeem(store, &hash, &second).await, Redeemed::AlreadySpent);
    assert_eq!(store.code(&hash, moment(1)).await.unwrap(), spent);
}

pub(super) async fn a_code_of_another_client_is_unknown_and_left_as_it_was(store: &Shared) {
    let (hash, token) = (put_code(store, "code").await, first_token());
    let family = NewFamily::of_refresh_token(issued_token(&first_token()));
    let theirs = async || store.redeem_code(&hash, "App", &family, moment(1)).await.unwrap();
    assert_eq!(theirs().await, Redeemed::Unknown);
    assert_eq!(redeem(store, &hash, &token).await, Redeemed::Redeemed);
    assert_eq!(theirs().await, Redeemed::Unknown);
    assert!(is_active(store, &token, 1).await && !is_family_revoked(store, token.family()).await);
}

pub(super) async fn a_code_expires_unspent_and_is_remembered_spent(store: &Shared) {
    let (hash, spent) = (put_code(store, "code").await, put_code(store, "spent").await);
    assert_eq!(redeem(store, &spent, &first_token()).await, Redeemed::Redeemed);
    assert!(store.code(&hash, moment(59)).await.unwrap().is_some());
    assert_eq!(store.code(&hash, moment(60)).await.unwrap(), None);
    assert!(matches!(store.code(&spent, moment(60)).await.unwrap(), Some(FoundCode::Spent { .. })));
    for (hash, expected) in [(hash, Redeemed::Unknown), (spent, Redeemed::AlreadySpent)] {
        let family = NewFamily::of_refresh_token(issued_token(&first_token()));
        assert_eq!(store.redeem_code(&hash, "app", &family, moment(60)).await.unwrap(), expected);
    }
}

pub(super) async fn of_many_redemptions_at_once_exactly_one_succeeds(store: &Shared) {
    let hash = put_code(store, "code").await;
    let answers = at_once(store, move |store, _| async move {
        let token = first_token();
        (redeem(&store, &hash, &token).await, token)
    });
    let (redeemed, others): (Vec<_>, Vec<_>) = answers.await.into_iter().partition(|it| it.0 == Redeemed::Redeemed);
    assert_eq!(redeemed.len(), 1);
    assert!(others.iter().all(|it| it.0 == Redeemed::AlreadySpent));
    assert!(is_family_revoked(store, redeemed[0].1.family()).await);
    for (_, token) in others {
        assert_eq!(rotate(store, &token, &next_token(&token)).await, Rotated::Unknown);
    }
}

pub(super) async fn a_refresh_token_is_rotated_again_and_again(store: &Shared) {
    let mut token = new_family(store, "code").await;
    for _ in 0..50 {
        let next = next_token(&token);
        assert_eq!(rotate(store, &token, &next).await, Rotated::Rotated(grant()));
        assert!(!is_active(store, &token, 2).await && is_active(store, &next, 2).await);
        token = next;
    }
    let found = store.refresh_token(&token, moment(2)).await.unwrap().unwrap();
    assert_eq!((found.grant, found.expires_at), (grant(), moment(1000)));
    assert!(!is_family_revoked(store, token.family()).await);
}

pub(super) async fn a_spent_refresh_token_revokes_its_family(store: &Shared) {
    let other = new_family(store, "other").await;
    for (name, age) in [("last", 1), ("first", 3)] {
        let mut tokens = vec![new_family(store, name).await];
        for _ in 0..3 {
            let next = next_token(tokens.last().unwrap());
            assert_eq!(rotate(store, tokens.last().unwrap(), &next).await, Rotated::Rotated(grant()));
            tokens.push(next);
        }
        let (spent, current) = (&tokens[3 - age], &tokens[3]);
        assert!(!is_active(store, spent, 2).await && is_active(store, current, 2).await, "to look changes nothing");
        assert_eq!(rotate(store, spent, &next_token(spent)).await, Rotated::Reused);
        assert!(is_family_revoked(store, current.family()).await && !is_active(store, current, 2).await);
        for token in &tokens {
            assert_eq!(rotate(store, token, &next_token(token)).await, Rotated::Revoked);
        }
    }
    assert!(is_active(store, &other, 2).await && !is_family_revoked(store, other.family()).await);
}

pub(super) async fn a_refresh_token_made_from_a_spent_one_revokes_its_family(store: &Shared) {
    let token = new_family(store, "code").await;
    let forged = next_token(&token);
    assert_eq!(rotate(store, &forged, &next_token(&token)).await, Rotated::Reused);
    assert!(is_family_revoked(store, token.family()).await);
}

pub(super) async fn a_refresh_token_of_no_family_is_unknown(store: &Shared) {
    let token = first_token();
    assert_eq!(rotate(store, &token, &next_token(&token)).await, Rotated::Unknown);
    assert!(!is_active(store, &token, 2).await);
    assert!(!store.revoke_family(&token.family(), "app").await.unwrap());
    assert!(!is_family_revoked(store, token.family()).await);
}

pub(super) async fn an_attempt_by_another_client_changes_nothing(store: &Shared) {
    let spent = new_family(store, "code").await;
    let token = next_token(&spent);
    assert_eq!(rotate(store, &spent, &token).await, Rotated::Rotated(grant()));
    for client in ["App", "app ", "", "*"] {
        for presented in [&spent, &token] {
            let next = issued_token(&next_token(presented));
            let answer = store.rotate(presented, client, &next, moment(2)).await.unwrap();
            assert_eq!(answer, Rotated::OtherClient, "{client}");
        }
        assert!(!store.revoke_family(&token.family(), client).await.unwrap(), "{client}");
    }
    assert!(is_active(store, &token, 2).await && !is_family_revoked(store, token.family()).await);
    assert_eq!(rotate(store, &token, &next_token(&token)).await, Rotated::Rotated(grant()));
}

pub(super) async fn each_rotation_sets_when_the_refresh_token_expires(store: &Shared) {
    let token = new_family(store, "code").await;
    assert!(is_active(store, &token, 999).await && !is_active(store, &token, 1000).await);
    let next = next_token(&token);
    let later = NewRefreshToken { token: next.clone(), expires_at: moment(1900), access_expires_at: moment(1500) };
    assert_eq!(store.rotate(&token, "app", &later, moment(1000)).await.unwrap(), Rotated::Expired);
    assert_eq!(store.rotate(&token, "app", &later, moment(999)).await.unwrap(), Rotated::Rotated(grant()));
    assert!(is_active(store, &next, 1899).await && !is_active(store, &next, 1900).await);
    let after = issued_token(&next_token(&next));
    assert_eq!(store.rotate(&next, "app", &after, moment(1900)).await.unwrap(), Rotated::Expired);
    assert!(!is_family_revoked(store, token.family()).await, "to expire revokes no access token");
    assert_eq!(store.rotate(&token, "app", &after, moment(1900)).await.unwrap(), Rotated::Reused);
    assert!(is_family_revoked(store, token.family()).await);
}

pub(super) async fn of_many_rotations_of_a_token_at_once_exactly_one_succeeds(store: &Shared) {
    let token = new_family(store, "code").await;
    let presented = token.clone();
    let answers = at_once(store, move |store, _| {
        let token = presented.clone();
        async move {
            let next = next_token(&token);
            (rotate(&store, &token, &next).await, next)
        }
    });
    let (rotated, others): (Vec<_>, Vec<_>) =
        answers.await.into_iter().partition(|it| it.0 == Rotated::Rotated(grant()));
    assert_eq!(rotated.len(), 1);
    assert_eq!(others.iter().filter(|it| it.0 == Rotated::Reused).count(), 1);
    assert_eq!(others.iter().filter(|it| it.0 == Rotated::Revoked).count(), MANY as usize - 2);
    assert!(is_family_revoked(store, token.family()).await && !is_active(store, &rotated[0].1, 2).await);
}

pub(super) async fn many_families_rotated_at_once_do_not_hurt_each_other(store: &Shared) {
    let answers = at_once(store, async |store, number| {
        let mut token = new_family(&store, &format!("code{number}")).await;
        for _ in 0..3 {
            let next = next_token(&token);
            assert_eq!(rotate(&store, &token, &next).await, Rotated::Rotated(grant()));
            token = next;
        }
        is_active(&store, &token, 2).await && !is_family_revoked(&store, token.family()).await
    });
    assert!(answers.await.into_iter().all(|it| it));
}

pub(super) async fn a_second_use_of_a_code_during_rotations_ends_revoked(store: &Shared) {
    let token = new_family(store, "code").await;
    let presented = token.clone();
    let answers = at_once(store, move |store, number| {
        let token = presented.clone();
        async move {
            if number % 2 == 0 {
                assert_eq!(redeem(&store, &CodeHash::of("code"), &first_token()).await, Redeemed::AlreadySpent);
            } else {
                rotate(&store, &token, &next_token(&token)).await;
            }
            is_family_revoked(&store, token.family()).await
        }
    });
    let answers = answers.await;
    assert!(answers.iter().step_by(2).any(|it| *it));
    assert!(is_family_revoked(store, token.family()).await);
}

pub(super) async fn a_family_is_revoked_by_any_of_its_tokens(store: &Shared) {
    let spent = new_family(store, "code").await;
    let token = next_token(&spent);
    assert_eq!(rotate(store, &spent, &token).await, Rotated::Rotated(grant()));
    for _ in 0..2 {
        assert!(store.revoke_family(&spent.family(), "app").await.unwrap());
        assert!(is_family_revoked(store, token.family()).await && !is_active(store, &token, 2).await);
    }
    assert_eq!(rotate(store, &token, &next_token(&token)).await, Rotated::Revoked);
}

pub(super) async fn an_access_token_is_revoked_alone_or_with_its_family(store: &Shared) {
    let (one, other) = (new_family(store, "one").await.family(), new_family(store, "other").await.family());
    let is_revoked =
        async |jti, family: Option<FamilyId>| store.is_revoked(BEARER, jti, family.as_ref()).await.unwrap();
    store.revoke(BEARER, "j", moment(600)).await.unwrap();
    for family in [None, Some(one), Some(other)] {
        assert!(is_revoked("j", family).await && !is_revoked("k", family).await);
    }
    assert!(store.revoke_family(&one, "app").await.unwrap());
    assert!(is_revoked("k", Some(one)).await && is_revoked("j", Some(one)).await);
    assert!(!is_revoked("k", Some(other)).await && !is_revoked("k", None).await);
    assert!(!is_revoked("k", FamilyId::parse("AAAAAAAAAAAAAAAAAAAAAA")).await);
}

pub(super) async fn a_family_without_a_refresh_token_can_be_revoked(store: &Shared) {
    let hash = put_code(store, "code").await;
    let id = FamilyId::random(&SystemRandom::new()).unwrap();
    let family = NewFamily::of_access_token(id, moment(600));
    let redeem = async || store.redeem_code(&hash, "app", &family, moment(1)).await.unwrap();
    assert_eq!(redeem().await, Redeemed::Redeemed);
    assert!(!is_family_revoked(store, id).await);
    store.purge(moment(0), moment(599)).await.unwrap();
    assert_eq!(redeem().await, Redeemed::AlreadySpent);
    assert!(is_family_revoked(store, id).await);
    store.purge(moment(0), moment(600)).await.unwrap();
    assert_eq!(redeem().await, Redeemed::Unknown, "everything it gave has expired");
}

pub(super) async fn a_login_session_is_found_until_it_ends_or_expires(store: &Shared) {
    let login = LoginSession { username: "bob".to_owned(), auth_time: moment(-5), expires_at: moment(60) };
    let (hash, other) = (LoginHash::of("id"), LoginHash::of("other"));
    for hash in [hash, other] {
        store.put_login(&hash, &login).await.unwrap();
    }
    for hash in [hash, other] {
        assert_eq!(store.login(&hash, moment(59)).await.unwrap(), Some(login.clone()));
        assert_eq!(store.login(&hash, moment(60)).await.unwrap(), None);
    }
    assert_eq!(store.login(&LoginHash::of("ID"), moment(0)).await.unwrap(), None);
    assert!(store.end_login(&hash).await.unwrap() && !store.end_login(&hash).await.unwrap());
    assert_eq!(store.login(&hash, moment(0)).await.unwrap(), None);
    assert!(store.login(&other, moment(0)).await.unwrap().is_some());
}

pub(super) async fn text_of_every_kind_comes_back_from_codes_and_logins(store: &Shared) {
    for (index, text) in ["", "\0", "a\0b", "'; --", "\"\\u0000\\", "é\u{1f600}\n\t", "$1?%_"].iter().enumerate() {
        let text = (*text).to_owned();
        let grant = Grant {
            client_id: text.clone(),
            subject: text.clone(),
            scope: text.clone(),
            audience: vec![text.clone(), String::new()],
            auth_time: moment(0),
        };
        let code = AuthorizationCode {
            grant: grant.clone(),
            redirect_uri: text.clone(),
            challenge: Some(text.clone()),
            nonce: Some(text.clone()),
            expires_at: moment(60),
        };
        let hash = CodeHash::of(&format!("{index}{text}"));
        store.put_code(&hash, &code).await.unwrap();
        assert_eq!(store.code(&hash, moment(0)).await.unwrap(), Some(FoundCode::Unspent(code)), "{text:?}");
        let token = first_token();
        let family = NewFamily::of_refresh_token(issued_token(&token));
        assert_eq!(store.redeem_code(&hash, &text, &family, moment(0)).await.unwrap(), Redeemed::Redeemed);
        assert_eq!(store.refresh_token(&token, moment(0)).await.unwrap().unwrap().grant, grant, "{text:?}");
        let login = LoginSession { username: text.clone(), auth_time: moment(0), expires_at: moment(60) };
        let hash = LoginHash::of(&text);
        store.put_login(&hash, &login).await.unwrap();
        assert_eq!(store.login(&hash, moment(0)).await.unwrap(), Some(login), "{text:?}");
    }
}

pub(super) async fn a_purge_removes_expired_codes_families_and_logins(store: &Shared) {
    let (hash, late) = (put_code(store, "code").await, CodeHash::of("late"));
    store.put_code(&late, &AuthorizationCode { expires_at: moment(61), ..new_code() }).await.unwrap();
    let spent = new_family(store, "spent").await;
    let token = next_token(&spent);
    let next = NewRefreshToken { token: token.clone(), expires_at: moment(900), access_expires_at: moment(1100) };
    assert_eq!(store.rotate(&spent, "app", &next, moment(2)).await.unwrap(), Rotated::Rotated(grant()));
    let login = |end| LoginSession { username: "bob".to_owned(), auth_time: moment(0), expires_at: moment(end) };
    for (id, end) in [("over", 60), ("young", 61)] {
        store.put_login(&LoginHash::of(id), &login(end)).await.unwrap();
    }

    assert_eq!(store.purge(moment(0), moment(60)).await.unwrap(), 0, "only transactions are counted");
    // As of the second zero all would still be found: they are gone only since they were purged.
    assert_eq!(store.code(&hash, moment(0)).await.unwrap(), None);
    assert!(store.code(&late, moment(0)).await.unwrap().is_some());
    assert_eq!(store.login(&LoginHash::of("over"), moment(0)).await.unwrap(), None);
    assert!(store.login(&LoginHash::of("young"), moment(0)).await.unwrap().is_some());

    store.purge(moment(0), moment(1099)).await.unwrap();
    assert!(store.code(&CodeHash::of("spent"), moment(0)).await.unwrap().is_some());
    assert_eq!(rotate(store, &spent, &next_token(&spent)).await, Rotated::Reused, "a spent one is still known");
    assert!(is_family_revoked(store, token.family()).await, "its last access token is still in force");
    store.purge(moment(0), moment(1100)).await.unwrap();
    assert_eq!(store.code(&CodeHash::of("spent"), moment(0)).await.unwrap(), None);
    assert_eq!(rotate(store, &token, &next_token(&token)).await, Rotated::Unknown);
    assert!(!is_family_revoked(store, token.family()).await);
}

pub(super) async fn a_purge_removes_any_number_of_codes(store: &Shared) {
    for round in 0..6 {
        at_once(store, move |store, number| async move {
            put_code(&store, &format!("{round}-{number}")).await;
        })
        .await;
    }
    store.purge(moment(0), moment(60)).await.unwrap();
    for round in 0..6 {
        let found = at_once(store, move |store, number| async move {
            store.code(&CodeHash::of(&format!("{round}-{number}")), moment(0)).await.unwrap()
        });
        assert!(found.await.into_iter().all(|it| it.is_none()));
    }
}

/// What made the call fail here is a family that exists: a mistake that no correct caller makes.
pub(super) async fn a_call_that_fails_changes_nothing_and_loses_nothing(store: &Shared) {
    let token = new_family(store, "one").await;
    let hash = put_code(store, "two").await;
    let family = NewFamily::of_refresh_token(issued_token(&token));
    let failed = store.redeem_code(&hash, "app", &family, moment(1)).await;
    assert!(matches!(failed, Err(StoreError::Broken(_))), "{failed:?}");
    assert!(is_active(store, &token, 1).await);
    assert_eq!(store.code(&hash, moment(1)).await.unwrap(), Some(FoundCode::Unspent(new_code())));
    assert_eq!(redeem(store, &hash, &first_token()).await, Redeemed::Redeemed);
}

/// One call of the property test. A number says how many rotations ago a refresh token was the current one.
#[derive(Clone, Copy, Debug)]
enum Step {
    Redeem(&'static str),
    Rotate(&'static str, usize),
    Revoke(&'static str),
}

fn steps() -> impl Strategy<Value = Step> {
    let client = || select(vec!["app", "app", "app", "other"]);
    // How far back from the current token: mostly not at all, since most rotations should succeed.
    let pick = prop_oneof![4 => Just(0_usize), 1 => 1..4_usize];
    prop_oneof![
        2 => client().prop_map(Step::Redeem),
        9 => (client(), pick).prop_map(|(client, pick)| Step::Rotate(client, pick)),
        1 => client().prop_map(Step::Revoke),
    ]
}

/// What the store must know of one code and its family, in a few lines: the tokens, of which the last is current.
#[derive(Default)]
struct FamilyModel {
    tokens: Vec<RefreshToken>,
    is_revoked: bool,
}

impl FamilyModel {
    fn redeem(&mut self, client: &str, token: RefreshToken) -> Redeemed {
        if client != "app" {
            return Redeemed::Unknown;
        }
        if self.tokens.is_empty() {
            self.tokens.push(token);
            return Redeemed::Redeemed;
        }
        self.is_revoked = true;
        Redeemed::AlreadySpent
    }

    fn rotate(&mut self, client: &str, place: usize, next: RefreshToken) -> Rotated {
        if client != "app" {
            return Rotated::OtherClient;
        }
        if self.is_revoked {
            return Rotated::Revoked;
        }
        if place + 1 < self.tokens.len() {
            self.is_revoked = true;
            return Rotated::Reused;
        }
        self.tokens.push(next);
        Rotated::Rotated(grant())
    }

    fn revoke(&mut self, client: &str) -> bool {
        self.is_revoked |= client == "app";
        client == "app"
    }
}

async fn agree_on_family(store: &Shared, hash: &CodeHash, model: &mut FamilyModel, step: Step) {
    match step {
        Step::Redeem(client) => {
            let token = first_token();
            let family = NewFamily::of_refresh_token(issued_token(&token));
            let answer = store.redeem_code(hash, client, &family, moment(1)).await.unwrap();
            assert_eq!(answer, model.redeem(client, token));
        }
        Step::Rotate(client, back) if !model.tokens.is_empty() => {
            let place = model.tokens.len() - 1 - back.min(model.tokens.len() - 1);
            let token = model.tokens[place].clone();
            let next = next_token(&token);
            let answer = store.rotate(&token, client, &issued_token(&next), moment(2)).await.unwrap();
            assert_eq!(answer, model.rotate(client, place, next));
        }
        Step::Revoke(client) if !model.tokens.is_empty() => {
            let answer = store.revoke_family(&model.tokens[0].family(), client).await.unwrap();
            assert_eq!(answer, model.revoke(client));
        }
        Step::Rotate(..) | Step::Revoke(_) => {}
    }
    if let Some(current) = model.tokens.last() {
        assert_eq!(is_family_revoked(store, current.family()).await, model.is_revoked);
        assert_eq!(is_active(store, current, 2).await, !model.is_revoked);
    }
}

pub(super) async fn any_sequence_of_redemptions_and_rotations_does_what_a_simple_model_does(store: &Shared) {
    let (store, runtime) = (store.clone(), tokio::runtime::Handle::current());
    let case = std::cell::Cell::new(0);
    let sequence = move |steps: Vec<Step>| {
        case.set(case.get() + 1);
        runtime.block_on(async {
            let hash = put_code(&store, &format!("case{}", case.get())).await;
            let mut model = FamilyModel::default();
            for step in steps {
                agree_on_family(&store, &hash, &mut model, step).await;
            }
        });
        Ok(())
    };
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let run = tokio::task::spawn_blocking(move || runner.run(&vec(steps(), 1..16), sequence));
    run.await.unwrap().unwrap();
}

/// Every call of the issuer, of a store that is closed.
pub(super) async fn calls_of_a_closed_store(store: &Shared) -> Vec<Result<(), StoreError>> {
    let (hash, login, token) = (CodeHash::of("code"), LoginHash::of("id"), first_token());
    let next = issued_token(&next_token(&token));
    let session = LoginSession { username: "bob".to_owned(), auth_time: moment(0), expires_at: moment(60) };
    let family = NewFamily::of_refresh_token(issued_token(&token));
    vec![
        store.put_code(&hash, &new_code()).await,
        store.code(&hash, moment(0)).await.map(drop),
        store.redeem_code(&hash, "app", &family, moment(0)).await.map(drop),
        store.refresh_token(&token, moment(0)).await.map(drop),
        store.rotate(&token, "app", &next, moment(0)).await.map(drop),
        store.revoke_family(&token.family(), "app").await.map(drop),
        store.put_login(&login, &session).await,
        store.login(&login, moment(0)).await.map(drop),
        store.end_login(&login).await.map(drop),
    ]
}
