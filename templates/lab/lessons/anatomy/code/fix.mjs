// The fix: the log gets the name of the token, which opens nothing.
import { jwtVerify } from "jose";

export async function lineForTheLog(token, key) {
  const { payload } = await jwtVerify(token, new TextEncoder().encode(key), { algorithms: ["HS256"] });
  return `login of ${payload.sub} with token ${payload.jti}`;
}
