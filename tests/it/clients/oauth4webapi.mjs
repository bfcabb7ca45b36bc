// oauth4webapi: code with PKCE, and a resource server that checks access tokens. Arguments: issuers.
import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import { CALLBACK, algorithmOf, logIn } from "./browser.mjs";

const http = { [oauth.allowInsecureRequests]: true };
const client = { client_id: "app" };
const authentication = oauth.ClientSecretBasic("secret");
const refused = (promise) => assert.rejects(promise, { name: "ResponseBodyError", error: "invalid_grant" });

async function check(issuer) {
  await assert.rejects(oauth.discoveryRequest(issuer), { code: "OAUTH_HTTP_REQUEST_FORBIDDEN" });
  console.log("plain HTTP has to be allowed");

  async function discover(algorithm) {
    return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...http, algorithm }));
  }

  const server = await discover("oidc");
  assert.deepEqual(await discover("oauth2"), server);
  console.log("discovery, of both kinds");

  async function credentials(audience) {
    const form = new URLSearchParams({ scope: "orders:read", resource: audience });
    const answer = await oauth.clientCredentialsGrantRequest(server, client, authentication, form, http);
    return oauth.processClientCredentialsResponse(server, client, answer);
  }

  // Checks RFC 9068 in full, with the issuer's key set.
  async function assertGoodAt(audience, token, subject) {
    const request = new Request(audience, { headers: { Authorization: `Bearer ${token}` } });
    const claims = await oauth.validateJwtAccessToken(server, request, audience, http);
    assert.deepEqual([claims.sub, claims.client_id], [subject, "app"]);
  }

  const api = "https://api.example/orders";
  const granted = await credentials(api);
  await assertGoodAt(api, granted.access_token, "app");
  await assert.rejects(assertGoodAt("https://api.example/other", granted.access_token, "app"));
  console.log("client_credentials, and the access token verified");

  async function tokensOfLogin(scope) {
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const address = new URL(server.authorization_endpoint);
    address.search = new URLSearchParams({
      response_type: "code",
      client_id: client.client_id,
      redirect_uri: CALLBACK,
      scope,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    const parameters = oauth.validateAuthResponse(server, client, await logIn(address), state);
    const send = () =>
      oauth.authorizationCodeGrantRequest(server, client, authentication, parameters, CALLBACK, verifier, http);
    const answer = await send();
    const checked = { expectedNonce: nonce, requireIdToken: true };
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, checked);
    await oauth.validateApplicationLevelSignature(server, answer, http);
    return { ...tokens, redeemAgain: async () => oauth.processAuthorizationCodeResponse(server, client, await send()) };
  }

  const tokens = await tokensOfLogin("openid profile email offline_access");
  await assertGoodAt(issuer.origin, tokens.access_token, "susan");
  console.log(`code and PKCE, with the ID token's signature: ${algorithmOf(tokens.id_token)}`);

  async function user(token) {
    const answer = await oauth.userInfoRequest(server, client, token, http);
    return oauth.processUserInfoResponse(server, client, "susan", answer);
  }

  assert.equal((await user(tokens.access_token)).preferred_username, "susan");
  await assert.rejects(user("none"), (error) => error.cause[0].parameters.error === "invalid_token");
  console.log("userinfo");

  async function refresh(token) {
    const answer = await oauth.refreshTokenGrantRequest(server, client, authentication, token, http);
    return oauth.processRefreshTokenResponse(server, client, answer);
  }

  const renewed = await refresh(tokens.refresh_token);
  await refused(refresh(tokens.refresh_token));
  await refused(refresh(renewed.refresh_token));
  console.log("refresh, and a reused refresh token ends its family");

  async function introspect(token) {
    const answer = await oauth.introspectionRequest(server, client, authentication, token, http);
    return oauth.processIntrospectionResponse(server, client, answer);
  }

  assert.deepEqual(await introspect(renewed.access_token), { active: false });
  const { access_token, redeemAgain } = await tokensOfLogin("openid");
  assert.equal((await introspect(access_token)).sub, "susan");
  await refused(redeemAgain());
  assert.deepEqual(await introspect(access_token), { active: false });
  console.log("introspection, and a reused code ends what it gave");

  const other = (await tokensOfLogin("openid")).access_token;
  await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, authentication, other, http));
  assert.deepEqual(await introspect(other), { active: false });
  console.log("revocation");
}

for (const issuer of process.argv.slice(2)) await check(new URL(issuer));
