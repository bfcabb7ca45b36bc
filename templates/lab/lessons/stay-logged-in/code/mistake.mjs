// The mistake: a refresh token works again and again, for whoever has it.
import { randomBytes } from "node:crypto";
import jwt from "jsonwebtoken";

export function lastUser(moves, key) {
  const first = randomBytes(32).toString("base64url");
  const held = { bob: first, mallory: first }; // Mallory copied Bob's token
  const family = { user: "bob", current: first }; // in a real server: a row of a table
  let access;
  for (const client of moves) {
    if (held[client] === family.current) {
      access = jwt.sign({ sub: family.user }, key, { algorithm: "HS256", expiresIn: 600 });
    }
  }
  return jwt.verify(access, key, { algorithms: ["HS256"] }).sub;
}
