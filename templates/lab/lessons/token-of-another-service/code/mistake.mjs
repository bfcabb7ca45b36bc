// The mistake: the token names the issuer whose key is used, and nobody asks for whom it is.
import { decodeJwt, importJWK, jwtVerify } from "jose";

export async function role(token, keys) {
  const key = await importJWK(keys[decodeJwt(token).iss], "ES256");
  const { payload } = await jwtVerify(token, key, { algorithms: ["ES256"] });
  return payload.role;
}
