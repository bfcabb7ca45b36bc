// The fix: a refresh token works once. A second use ends the whole family.
import { randomBytes } from "node:crypto";
import { SignJWT, jwtVerify } from "jose";

export async function lastUser(moves, key) {
  const first = randomBytes(32).toString("base64url");
  const held = { bob: first, mallory: first }; // Mallory copied Bob's token
  // In a real server: a row with a hash of the token, replaced by one UPDATE … WHERE current = ?.
  const family = { user: "bob", current: first, ended: false };
  let access;
  for (const client of moves) {
    if (family.ended || held[client] !== family.current) {
      family.ended = true;
      access = undefined;
    } else {
      held[client] = family.current = randomBytes(32).toString("base64url");
      access = await new SignJWT({ sub: family.user })
        .setProtectedHeader({ alg: "HS256" })
        .setExpirationTime("10m")
        .sign(new TextEncoder().encode(key));
    }
  }
  const rules = { algorithms: ["HS256"], requiredClaims: ["exp"] };
  const { payload } = await jwtVerify(access, new TextEncoder().encode(key), rules);
  return payload.sub;
}
