// The fix: the set that was fetched replaces the copy, so a retired key is gone.
import { createLocalJWKSet, jwtVerify } from "jose";

export async function user(token, copy, fetched) {
  copy.keys = fetched.keys;
  const rules = { algorithms: ["RS256"], requiredClaims: ["exp"] };
  const { payload } = await jwtVerify(token, createLocalJWKSet(copy), rules);
  return payload.sub;
}
