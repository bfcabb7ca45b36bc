// The fix: the claims are read from a token that verified.
import { jwtVerify } from "jose";

export async function user(token, key) {
  const { payload } = await jwtVerify(token, new TextEncoder().encode(key), { algorithms: ["HS256"] });
  return payload.sub;
}
