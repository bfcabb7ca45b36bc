// The mistake: the library takes any key of the portal, also a shared secret.
import { importJWK, jwtVerify } from "jose";

export async function user(token, key) {
  const { payload } = await jwtVerify(token, await importJWK(key));
  return payload.sub;
}
