// jose: verifies access tokens and ID tokens with the key set that discovery names. Arguments: issuers.
import assert from "node:assert/strict";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { algorithmOf, discover, redeem, signed, tokensOfLogin } from "./browser.mjs";

for (const issuer of process.argv.slice(2)) {
  const provider = await discover(issuer);
  const algorithms = provider.id_token_signing_alg_values_supported.toSorted();
  const keys = createRemoteJWKSet(new URL(provider.jwks_uri));

  const asked = { grant_type: "client_credentials", audience: "orders", scope: "orders:read" };
  const granted = await redeem(provider, asked);
  const wanted = { issuer, audience: "orders", typ: "at+jwt", subject: "app", algorithms };
  const access = await jwtVerify(granted.access_token, keys, { ...wanted, requiredClaims: ["exp", "iat", "jti"] });
  assert.equal(access.payload.scope, "orders:read");
  await assert.rejects(jwtVerify(granted.access_token, keys, { ...wanted, audience: issuer }), { claim: "aud" });
  console.log("client_credentials");

  const tokens = await tokensOfLogin(provider, "n1");
  const identity = await jwtVerify(tokens.id_token, keys, { issuer, audience: "app", algorithms, maxTokenAge: 60 });
  assert.deepEqual([identity.payload.sub, identity.payload.nonce], ["susan", "n1"]);
  console.log(`ID token, ${algorithmOf(tokens.id_token)}`);

  for (const algorithm of algorithms) {
    const only = { issuer, algorithms: [algorithm] };
    const { protectedHeader } = await jwtVerify(await signed(issuer, algorithm), keys, only);
    assert.equal(protectedHeader.alg, algorithm);
    console.log(algorithm);
  }
}
