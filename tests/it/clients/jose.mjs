// jose: verifies access tokens and ID tokens with the key set that discovery names. Arguments: issuer.
import assert from "node:assert/strict";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { discover, redeem, signed, tokensOfLogin } from "./browser.mjs";

const issuer = process.argv[2];
const provider = await discover(issuer);
const algorithms = provider.id_token_signing_alg_values_supported;
const keys = createRemoteJWKSet(new URL(provider.jwks_uri));

const granted = await redeem(provider, { grant_type: "client_credentials", audience: "orders", scope: "orders:read" });
const wanted = { issuer, audience: "orders", typ: "at+jwt", subject: "app", algorithms };
const access = await jwtVerify(granted.access_token, keys, { ...wanted, requiredClaims: ["exp", "iat", "jti"] });
assert.equal(access.payload.scope, "orders:read");
await assert.rejects(jwtVerify(granted.access_token, keys, { ...wanted, audience: issuer }), { claim: "aud" });
console.log("client_credentials");

const tokens = await tokensOfLogin(provider, "n1");
const identity = await jwtVerify(tokens.id_token, keys, { issuer, audience: "app", algorithms, maxTokenAge: 60 });
assert.deepEqual([identity.payload.sub, identity.payload.nonce], ["susan", "n1"]);
console.log("ID token");

for (const algorithm of algorithms) {
  const { protectedHeader } = await jwtVerify(await signed(issuer, algorithm), keys, { issuer, algorithms: [algorithm] });
  assert.equal(protectedHeader.alg, algorithm);
  console.log(algorithm);
}
