// Verifiers that have the issuer's keys, and get a token of the next key right after a rotation: whether each accepts
// it at once. Argument: issuer.
import express from "express";
import { auth } from "express-oauth2-jwt-bearer";
import buildGetJwks from "get-jwks";
import { createRemoteJWKSet, jwtVerify } from "jose";
import jsonwebtoken from "jsonwebtoken";
import * as oauth from "oauth4webapi";
import { discover, redeem } from "./browser.mjs";

const issuer = process.argv[2];
const audience = "orders";
const provider = await discover(issuer);
const newToken = async () => (await redeem(provider, { grant_type: "client_credentials", audience })).access_token;

const jose = (options) => {
  const keys = createRemoteJWKSet(new URL(provider.jwks_uri), options);
  return (token) => jwtVerify(token, keys, { issuer, audience });
};

const cached = buildGetJwks({ providerDiscovery: true, issuersWhitelist: [issuer] });
async function byGetJwks(token) {
  const { kid } = jsonwebtoken.decode(token, { complete: true }).header;
  const key = await cached.getPublicKey({ kid, domain: issuer });
  jsonwebtoken.verify(token, key, { issuer, audience, algorithms: ["RS256"] });
}

const app = express();
app.get("/usual", auth({ issuerBaseURL: issuer, audience }), (request, response) => response.json({}));
app.get("/0", auth({ issuerBaseURL: issuer, audience, cooldownDuration: 0 }), (request, response) => response.json({}));
app.use((error, request, response, _next) => response.status(error.status ?? 500).end());
const listening = app.listen(0, "127.0.0.1");
await new Promise((done) => listening.once("listening", done));
const middleware = (path) => async (token) => {
  const headers = { Authorization: `Bearer ${token}` };
  const answer = await fetch(`http://127.0.0.1:${listening.address().port}${path}`, { headers });
  if (!answer.ok) throw new Error(`${answer.status}`);
};

const http = { [oauth.allowInsecureRequests]: true };
const rfc9068 = (document) => (token) => {
  const request = new Request("https://api.example/", { headers: { Authorization: `Bearer ${token}` } });
  return oauth.validateJwtAccessToken(document, request, audience, http);
};

const verifiers = {
  jose: jose({}),
  "jose, cooldownDuration: 0": jose({ cooldownDuration: 0 }),
  "express-oauth2-jwt-bearer": middleware("/usual"),
  "express-oauth2-jwt-bearer, cooldownDuration: 0": middleware("/0"),
  oauth4webapi: rfc9068(provider),
  "get-jwks": byGetJwks,
};

const old = await newToken();
for (const verify of Object.values(verifiers)) await verify(old);
await fetch(`${issuer}/test/rotate`, { method: "POST" });
const next = await newToken();
verifiers["oauth4webapi, discovered again"] = rfc9068(await discover(issuer));
for (const [name, verify] of Object.entries(verifiers)) {
  console.log(`${name}: ${await verify(next).then(() => "accepted", () => "refused")}`);
}
listening.close();
listening.closeAllConnections();
