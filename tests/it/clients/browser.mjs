// What a browser without JavaScript does, for scripts that test a client library: open the login page and send its form.

const entities = { "&#34;": '"', "&#39;": "'", "&#60;": "<", "&#62;": ">", "&#38;": "&" };

function attribute(tag, name) {
  const [, value] = tag.match(new RegExp(`\\s${name}="([^"]*)"`)) ?? [];
  return value?.replace(/&#\d\d;/g, (entity) => entities[entity]);
}

/** Logs susan in at this authorization URL. Answers the callback URL that the browser would go to. */
export async function logIn(authorizationUrl) {
  const answer = await fetch(authorizationUrl);
  const page = await answer.text();
  if (answer.status !== 200) throw new Error(`the login page answers ${answer.status}: ${page}`);
  const hidden = page.match(/<input type="hidden"[^>]*>/g) ?? [];
  const form = new URLSearchParams(hidden.map((tag) => [attribute(tag, "name"), attribute(tag, "value")]));
  form.set("username", "susan");
  form.set("password", "secret");
  const action = new URL(attribute(page.match(/<form[^>]*>/)[0], "action"), authorizationUrl);
  const sent = await fetch(action, { method: "POST", body: form, redirect: "manual" });
  if (sent.status !== 303) throw new Error(`the login form answers ${sent.status}: ${await sent.text()}`);
  return new URL(sent.headers.get("location"));
}

/** What a token says that it is signed with. */
export const algorithmOf = (token) => JSON.parse(atob(token.split(".")[0])).alg;

export const CALLBACK = "http://127.0.0.1:3000/callback";

/** The document of an issuer, for a library that verifies tokens and does not ask for them. */
export async function discover(issuer) {
  return (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
}

/** The answer of the token endpoint to this form, from the confidential client `app`. */
export async function redeem(provider, form) {
  const headers = { Authorization: `Basic ${btoa("app:secret")}` };
  const body = new URLSearchParams(form);
  const answer = await fetch(provider.token_endpoint, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`the token endpoint answers ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** The tokens that a login through the page gives. */
export async function tokensOfLogin(provider, nonce) {
  const address = new URL(provider.authorization_endpoint);
  const request = { response_type: "code", client_id: "app", redirect_uri: CALLBACK, scope: "openid", nonce };
  address.search = new URLSearchParams(request);
  const code = (await logIn(address)).searchParams.get("code");
  return redeem(provider, { grant_type: "authorization_code", code, redirect_uri: CALLBACK });
}

/** A token of test mode, signed with the issuer's bearer key of this algorithm. */
export async function signed(issuer, algorithm) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, aud: issuer, sub: "susan", iat: now, exp: now + 60 };
  const body = JSON.stringify({ key: "bearer", algorithm, claims });
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`${issuer}/test/sign`, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`/test/sign answers ${answer.status}: ${await answer.text()}`);
  return (await answer.json()).token;
}
