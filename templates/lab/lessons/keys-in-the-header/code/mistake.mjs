// The mistake: the token contains the key that verifies it.
import { createLocalJWKSet, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from "jose";

export async function user(token, keySet) {
  const header = decodeProtectedHeader(token);
  const key = header.jwk ? EmbeddedJWK : createLocalJWKSet(keySet);
  const { payload } = await jwtVerify(token, key, { algorithms: ["RS256"] });
  return payload.sub;
}
