// The fix: the key may be known to everyone, because it verifies RS256 and does nothing else.
import { createPublicKey } from "node:crypto";
import jwt from "jsonwebtoken";

export function user(token, publicKey) {
  return jwt.verify(token, createPublicKey(publicKey), { algorithms: ["RS256"] }).sub;
}
