// The fix: one key, one algorithm. A token that names another one is refused.
import { createPublicKey } from "node:crypto";
import jwt from "jsonwebtoken";

export function user(token, key) {
  const claims = jwt.verify(token, createPublicKey(key), { algorithms: ["RS256"] });
  return claims.sub;
}
