// get-jwks with provider discovery finds the key, and jsonwebtoken verifies with it. Arguments: issuers.
import assert from "node:assert/strict";
import buildGetJwks from "get-jwks";
import jsonwebtoken from "jsonwebtoken";
import { algorithmOf, discover, redeem, signed, tokensOfLogin } from "./browser.mjs";

for (const issuer of process.argv.slice(2)) {
  const provider = await discover(issuer);
  // jsonwebtoken does not know EdDSA.
  const algorithms = provider.id_token_signing_alg_values_supported.filter((name) => name !== "EdDSA").sort();
  const keys = buildGetJwks({ providerDiscovery: true, issuersWhitelist: [issuer] });

  async function verify(token, audience) {
    const { header, payload } = jsonwebtoken.decode(token, { complete: true });
    const key = await keys.getPublicKey({ kid: header.kid, alg: header.alg, domain: payload.iss });
    return jsonwebtoken.verify(token, key, { issuer, audience, algorithms: [header.alg] });
  }

  const granted = await redeem(provider, { grant_type: "client_credentials" });
  assert.equal((await verify(granted.access_token, issuer)).sub, "app");
  await assert.rejects(verify(granted.access_token, "orders"), /audience invalid/);
  console.log("client_credentials");

  const tokens = await tokensOfLogin(provider, "n1");
  assert.equal((await verify(tokens.id_token, "app")).nonce, "n1");
  console.log(`ID token, ${algorithmOf(tokens.id_token)}`);

  for (const algorithm of algorithms) {
    assert.equal((await verify(await signed(issuer, algorithm), issuer)).sub, "susan");
    console.log(algorithm);
  }
}
