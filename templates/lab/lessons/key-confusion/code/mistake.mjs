// The mistake: the token's `alg` decides how the portal uses its one key file.
import { createPublicKey, createSecretKey } from "node:crypto";
import jwt from "jsonwebtoken";

export function user(token, key) {
  const { alg } = jwt.decode(token, { complete: true }).header;
  const loaded = alg.startsWith("HS") ? createSecretKey(key, "utf8") : createPublicKey(key);
  const claims = jwt.verify(token, loaded, { algorithms: [alg] });
  return claims.sub;
}
