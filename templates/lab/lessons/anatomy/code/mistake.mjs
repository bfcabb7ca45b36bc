// The mistake: the token is thought to be encrypted, so the log gets all of it.
import { jwtVerify } from "jose";

export async function lineForTheLog(token, key) {
  const { payload } = await jwtVerify(token, new TextEncoder().encode(key), { algorithms: ["HS256"] });
  return `login of ${payload.sub} with ${token}`;
}
