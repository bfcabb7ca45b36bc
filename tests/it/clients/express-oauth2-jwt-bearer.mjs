// express-oauth2-jwt-bearer with `issuerBaseURL` alone: an API that takes the issuer's access tokens. Arguments:
// issuers.
import assert from "node:assert/strict";
import express from "express";
import { auth, requiredScopes } from "express-oauth2-jwt-bearer";
import { algorithmOf, discover, redeem, tokensOfLogin } from "./browser.mjs";

for (const issuer of process.argv.slice(2)) {
  const provider = await discover(issuer);
  const app = express();
  app.use(auth({ issuerBaseURL: issuer, audience: "orders", strict: true }));
  app.get("/orders", requiredScopes("orders:read"), (request, response) => response.json(request.auth.payload));
  app.use((error, request, response, _next) => response.status(error.status ?? 500).set(error.headers).json({}));
  const listening = app.listen(0, "127.0.0.1");
  await new Promise((done) => listening.once("listening", done));

  async function get(token) {
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const answer = await fetch(`http://127.0.0.1:${listening.address().port}/orders`, { headers });
    const challenge = answer.headers.get("www-authenticate") ?? "";
    return { status: answer.status, body: await answer.json(), challenge };
  }

  async function granted(audience, scope) {
    return (await redeem(provider, { grant_type: "client_credentials", audience, scope })).access_token;
  }

  const token = await granted("orders", "orders:read");
  const good = await get(token);
  assert.deepEqual([good.status, good.body.sub, good.body.iss], [200, "app", issuer]);
  console.log(`an access token of client_credentials, ${algorithmOf(token)}`);

  assert.equal((await get()).status, 401);
  assert.match((await get(await granted("other", "orders:read"))).challenge, /aud/);
  assert.equal((await get(await granted("orders", "orders:write"))).status, 403);
  assert.match((await get((await tokensOfLogin(provider, "n1")).id_token)).challenge, /typ/);
  console.log("refused: no token, another audience, another scope, an ID token");

  listening.close();
  listening.closeAllConnections();
}
