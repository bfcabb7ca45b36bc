// The mistake: a refresh token works again and again, for whoever has it.
import { randomBytes } from "node:crypto";
import { SignJWT, jwtVerify } from "jose";

export async function lastUser(moves, key) {
  const first = randomBytes(32).toString("base64url");
  const held = { bob: first, mallory: first }; // Mallory copied Bob's token
  const family = { user: "bob", current: first }; // in a real server: a row of a table
  let access;
  for (const client of moves) {
    if (held[client] === family.current) {
      access = await new SignJWT({ sub: family.user })
        .setProtectedHeader({ alg: "HS256" })
        .setExpirationTime("10m")
        .sign(new TextEncoder().encode(key));
    }
  }
  const rules = { algorithms: ["HS256"] };
  const { payload } = await jwtVerify(access, new TextEncoder().encode(key), rules);
  return payload.sub;
}
