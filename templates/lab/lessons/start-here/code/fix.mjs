// Verifies the token with the key first.
// Only then do its claims count.
import { jwtVerify } from "jose";

export async function user(token, key) {
  const secret = new TextEncoder().encode(key);
  const { payload } = await jwtVerify(token, secret, { algorithms: ["HS256"] });
  return payload.sub;
}
