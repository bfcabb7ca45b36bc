//! The crate `openidconnect` logs in, with discovery from the issuer alone. It has no HTTP client of its own here: it
//! sends its requests with that of the other tests.

use hallpass::testing;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, RedirectUrl, RequestTokenError, Scope, TokenResponse as _,
};
use reqwest::Client;
use reqwest::redirect::Policy;
use url::Url;

use crate::issuer_pages::hidden_inputs;

const CALLBACK: &str = "http://127.0.0.1:3000/callback";

/// How the crate sends a request.
async fn send(client: Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let response = client.execute(request.try_into()?).await?;
    let mut answer = HttpResponse::new(Vec::new());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    *answer.body_mut() = response.bytes().await?.to_vec();
    Ok(answer)
}

/// Opens the login page at this address and sends its form. The answer is what the callback's address says.
async fn log_in(client: &Client, address: Url) -> (AuthorizationCode, String) {
    let action = address.join("/oauth/login").unwrap();
    let page = client.get(address).send().await.unwrap().error_for_status().unwrap().text().await.unwrap();
    let mut form = hidden_inputs(&page);
    form.extend([("username".to_owned(), "susan".to_owned()), ("password".to_owned(), "secret".to_owned())]);
    let answer = client.post(action).form(&form).send().await.unwrap();
    let location = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    assert!(location.as_str().starts_with(CALLBACK), "{location}");
    let parameter = |name| location.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    (AuthorizationCode::new(parameter("code")), parameter("state"))
}

/// Every step of a client, in the order of the crate's documentation.
async fn goes_through_every_step(algorithm: &str) {
    let issuer = testing::spawn_with(&[("bearer-algorithm", algorithm)]).unwrap();
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let http = |request| send(client.clone(), request);
    let metadata = CoreProviderMetadata::discover_async(IssuerUrl::new(issuer.url().to_owned()).unwrap(), &http);
    let (id, secret) = (ClientId::new("my app:1".to_owned()), ClientSecret::new("s%cret: +ü".to_owned()));
    let app = CoreClient::from_provider_metadata(metadata.await.unwrap(), id, Some(secret))
        .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).unwrap());

    let service = app.exchange_client_credentials().unwrap().add_scope(Scope::new("orders:read".to_owned()));
    let granted = service.add_extra_param("audience", "orders").request_async(&http).await.unwrap();
    assert_eq!(granted.scopes().unwrap(), &[Scope::new("orders:read".to_owned())]);

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let scopes = ["email", "profile", "offline_access"].map(|scope| Scope::new(scope.to_owned()));
    let flow = CoreAuthenticationFlow::AuthorizationCode;
    let (address, state, nonce) = app
        .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(scopes)
        .set_pkce_challenge(challenge)
        .url();
    let (code, returned) = log_in(&client, address).await;
    assert_eq!(&returned, state.secret());
    let request = app.exchange_code(code).unwrap().set_pkce_verifier(verifier);
    let tokens = request.request_async(&http).await.unwrap();

    let (id_token, checks) = (tokens.id_token().unwrap(), app.id_token_verifier());
    let claims = id_token.claims(&checks, &nonce).unwrap();
    let (signed_with, key) = (id_token.signing_alg().unwrap(), id_token.signing_key(&checks).unwrap());
    assert_eq!((claims.subject().as_str(), serde_json::json!(signed_with).as_str()), ("susan", Some(algorithm)));
    let hash = AccessTokenHash::from_token(tokens.access_token(), signed_with, key).unwrap();
    assert_eq!(claims.access_token_hash(), Some(&hash));
    assert!(id_token.claims(&checks, &Nonce::new("another".to_owned())).is_err());

    let user = app.user_info(tokens.access_token().clone(), Some(claims.subject().clone())).unwrap();
    let user: CoreUserInfoClaims = user.request_async(&http).await.unwrap();
    assert_eq!(user.email().unwrap().as_str(), "susan@example.test");

    let spent = tokens.refresh_token().unwrap();
    let renewed = app.exchange_refresh_token(spent).unwrap().request_async(&http).await.unwrap();
    let without_nonce = |nonce: Option<&Nonce>| nonce.map_or(Ok(()), |_| Err("a nonce once more".to_owned()));
    assert_eq!(renewed.id_token().unwrap().claims(&checks, without_nonce).unwrap().subject(), claims.subject());
    let again = app.exchange_refresh_token(spent).unwrap().request_async(&http).await.unwrap_err();
    let RequestTokenError::ServerResponse(refusal) = again else { panic!("{again:?}") };
    assert_eq!(refusal.error(), &CoreErrorResponseType::InvalidGrant);
}

#[tokio::test]
async fn every_step_works_with_each_kind_of_key() {
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        goes_through_every_step(algorithm).await;
    }
}
