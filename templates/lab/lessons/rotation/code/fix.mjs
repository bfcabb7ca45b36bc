// The fix: the set that was fetched replaces the copy, so a retired key is gone.
import { createLocalJWKSet, jwtVerify } from "jose";

export async function user(token, copy, fetched) {
  copy.keys = fetched.keys;
  const { payload } = await jwtVerify(token, createLocalJWKSet(copy), { algorithms: ["RS256"] });
  return payload.sub;
}
