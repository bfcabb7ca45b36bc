// Verifiers as their documentation sets them up for an API: the key set, the issuer and the audience, and RS256 where
// they ask for algorithms. Then with options that refuse more. Arguments: issuer, and a JSON object of tokens by flaw.
// Each line is a setup, a library, a flaw and what the library says, with a tab between them.
import express from "express";
import { auth } from "express-oauth2-jwt-bearer";
import buildGetJwks from "get-jwks";
import { createRemoteJWKSet, jwtVerify } from "jose";
import jsonwebtoken from "jsonwebtoken";
import * as oauth from "oauth4webapi";
import { discover } from "./browser.mjs";

const [issuer, tokens] = [process.argv[2], JSON.parse(process.argv[3])];
const audience = "orders";
const provider = await discover(issuer);

const remote = createRemoteJWKSet(new URL(provider.jwks_uri));
const jose = (options) => async (token) => jwtVerify(token, remote, { issuer, audience, ...options });

const keys = buildGetJwks({ providerDiscovery: true, issuersWhitelist: [issuer] });
async function keyOf({ kid }, done) {
  await keys.getPublicKey({ kid, domain: issuer }).then((key) => done(null, key), done);
}
const verified = (token) =>
  new Promise((resolve, reject) => {
    const wanted = { issuer, audience, algorithms: ["RS256"] };
    jsonwebtoken.verify(token, keyOf, wanted, (error, claims) => (error ? reject(error) : resolve(claims)));
  });

const app = express();
app.get("/default", auth({ issuerBaseURL: issuer, audience }), (request, response) => response.json({}));
app.get("/strict", auth({ issuerBaseURL: issuer, audience, strict: true }), (request, response) => response.json({}));
app.use((error, request, response, _next) => response.status(error.status ?? 500).json(error.message));
const listening = app.listen(0, "127.0.0.1");
await new Promise((done) => listening.once("listening", done));
const middleware = (path) => async (token) => {
  const headers = { Authorization: `Bearer ${token}` };
  const answer = await fetch(`http://127.0.0.1:${listening.address().port}${path}`, { headers });
  if (!answer.ok) throw new Error(await answer.json());
};

async function rfc9068(token) {
  const request = new Request("https://api.example/", { headers: { Authorization: `Bearer ${token}` } });
  const http = { [oauth.allowInsecureRequests]: true };
  await oauth.validateJwtAccessToken(provider, request, audience, http);
}

const setups = {
  default: {
    jose: jose({}),
    jsonwebtoken: verified,
    "express-oauth2-jwt-bearer": middleware("/default"),
    oauth4webapi: rfc9068,
  },
  strict: {
    jose: jose({ typ: "at+jwt", requiredClaims: ["exp"], maxTokenAge: "1h" }),
    "express-oauth2-jwt-bearer": middleware("/strict"),
  },
};

/** The code and the claim of an error of jose, and the message of every other. */
const reason = ({ code, claim, message }) =>
  code?.startsWith("ERR_") ? [code, claim ?? []].flat().join(" ") : message;

for (const [setup, verifiers] of Object.entries(setups)) {
  for (const [library, verify] of Object.entries(verifiers)) {
    for (const [flaw, token] of Object.entries(tokens)) {
      console.log([setup, library, flaw, await verify(token).then(() => "accepted", reason)].join("\t"));
    }
  }
}
listening.close();
listening.closeAllConnections();
