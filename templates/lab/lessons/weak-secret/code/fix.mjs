// The fix: a secret that is too short is an error.
import { jwtVerify } from "jose";

export async function user(token, secret) {
  const key = new TextEncoder().encode(secret);
  if (key.length < 32) throw new Error("make a secret with: openssl rand -base64 32");
  const { payload } = await jwtVerify(token, key, { algorithms: ["HS256"] });
  return payload.sub;
}
