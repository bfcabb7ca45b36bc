// The mistake: "nobody has our public key", so its file may serve as a secret too.
import { createPublicKey, createSecretKey } from "node:crypto";
import jwt from "jsonwebtoken";

export function user(token, confidentialKey) {
  const { alg } = jwt.decode(token, { complete: true }).header;
  const key = alg === "RS256" ? createPublicKey(confidentialKey) : createSecretKey(confidentialKey, "utf8");
  return jwt.verify(token, key, { algorithms: ["RS256", "HS256"] }).sub;
}
