// openid-client: every grant, with discovery from the issuer alone. Arguments: issuers. One line for each
// step that worked.
import assert from "node:assert/strict";
import * as client from "openid-client";
import { CALLBACK, algorithmOf, logIn } from "./browser.mjs";

const refused = (promise, error) => assert.rejects(promise, { name: "ResponseBodyError", error });
// Signatures of ID tokens are checked with the key set, too. Plain HTTP has to be allowed.
const options = { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] };
const methods = {
  post: client.ClientSecretPost("s%cret: +ü"),
  basic: client.ClientSecretBasic("s%cret: +ü"),
  none: client.None(),
};

for (const issuer of process.argv.slice(2)) {
  const forbidden = { code: "OAUTH_HTTP_REQUEST_FORBIDDEN" };
  await assert.rejects(client.discovery(new URL(issuer), "app", "secret"), forbidden);
  console.log("plain HTTP has to be allowed");

  for (const [name, method] of Object.entries(methods)) {
    const config = await client.discovery(new URL(issuer), "my app:1", undefined, method, options);
    const isPublic = name === "none";

    if (isPublic) {
      await refused(client.clientCredentialsGrant(config), "invalid_client");
      console.log(`${name}: client_credentials refused`);
    } else {
      const asked = { scope: "orders:read", resource: "https://api.example" };
      const granted = await client.clientCredentialsGrant(config, asked);
      assert.equal(granted.scope, "orders:read");
      assert.equal(granted.expires_in, 600);
      console.log(`${name}: client_credentials`);
    }

    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
    const address = client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: "openid profile email offline_access",
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: "S256",
      state: expectedState,
      nonce: expectedNonce,
      max_age: "60",
    });
    const checks = { pkceCodeVerifier, expectedState, expectedNonce, maxAge: 60, idTokenExpected: true };
    const tokens = await client.authorizationCodeGrant(config, await logIn(address), checks);
    assert.equal(tokens.claims().sub, "susan");
    console.log(`${name}: code and PKCE, ${algorithmOf(tokens.id_token)}`);

    const user = await client.fetchUserInfo(config, tokens.access_token, "susan");
    assert.equal(user.email, "susan@example.test");
    console.log(`${name}: userinfo`);

    if (!isPublic) {
      const found = await client.tokenIntrospection(config, tokens.access_token);
      assert.deepEqual([found.active, found.sub, found.client_id], [true, "susan", "my app:1"]);
      console.log(`${name}: introspection`);
    }

    const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
    assert.equal(renewed.claims().sub, "susan");
    await refused(client.refreshTokenGrant(config, tokens.refresh_token), "invalid_grant");
    await refused(client.refreshTokenGrant(config, renewed.refresh_token), "invalid_grant");
    await assert.rejects(client.fetchUserInfo(config, renewed.access_token, "susan"));
    console.log(`${name}: refresh, and a reused refresh token ends its family`);

    const again = await logIn(client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: "openid",
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: "S256",
    }));
    const { access_token } = await client.authorizationCodeGrant(config, again, { pkceCodeVerifier });
    await client.fetchUserInfo(config, access_token, "susan");
    await client.tokenRevocation(config, access_token);
    await assert.rejects(client.fetchUserInfo(config, access_token, "susan"));
    console.log(`${name}: revocation`);

    const logout = client.buildEndSessionUrl(config, {
      id_token_hint: renewed.id_token,
      post_logout_redirect_uri: CALLBACK,
      state: "s1",
    });
    const { headers } = await fetch(logout, { redirect: "manual" });
    assert.equal(headers.get("location"), `${CALLBACK}?state=s1`);
    console.log(`${name}: logout`);
  }

  const metadata = { token_endpoint_auth_method: "client_secret_basic" };
  const rfc8414 = { ...options, algorithm: "oauth2" };
  const config = await client.discovery(new URL(issuer), "app", metadata, methods.basic, rfc8414);
  assert.equal(config.serverMetadata().issuer, issuer);
  console.log("discovery by RFC 8414");
}
