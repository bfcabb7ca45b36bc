// The mistake: the key set of whichever issuer the token names is used, and nobody checks who it is for.
// `keys[issuer]` stands for fetching the key set from the address in `iss`.
import { decodeJwt, importJWK, jwtVerify } from "jose";

export async function role(token, keys) {
  const key = await importJWK(keys[decodeJwt(token).iss], "ES256");
  const { payload } = await jwtVerify(token, key, { algorithms: ["ES256"] });
  return payload.role;
}
