// The fix: the header only says which of the trusted keys it is.
import { createLocalJWKSet, jwtVerify } from "jose";

export async function user(token, keySet) {
  const key = createLocalJWKSet(keySet);
  const { payload } = await jwtVerify(token, key, { algorithms: ["RS256"] });
  return payload.sub;
}
