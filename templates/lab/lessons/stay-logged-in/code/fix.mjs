// The fix: a refresh token works once. A second use ends the whole family.
import { randomBytes } from "node:crypto";
import jwt from "jsonwebtoken";

export function lastUser(moves, key) {
  const first = randomBytes(32).toString("base64url");
  const held = { bob: first, mallory: first }; // Mallory copied Bob's token
  const family = { user: "bob", current: first, ended: false }; // in a real server: a row of a table
  let access;
  for (const client of moves) {
    if (family.ended || held[client] !== family.current) {
      family.ended = true;
      access = undefined;
    } else {
      held[client] = family.current = randomBytes(32).toString("base64url");
      access = jwt.sign({ sub: family.user }, key, { algorithm: "HS256", expiresIn: 600 });
    }
  }
  return jwt.verify(access, key, { algorithms: ["HS256"] }).sub;
}
