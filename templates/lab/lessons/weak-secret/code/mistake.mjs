// The mistake: any text is good enough as the secret, such as "changeme".
import { jwtVerify } from "jose";

export async function user(token, secret) {
  const key = new TextEncoder().encode(secret);
  const { payload } = await jwtVerify(token, key, { algorithms: ["HS256"] });
  return payload.sub;
}
