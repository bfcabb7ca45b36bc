// The mistake: the proof fits the key that it brings, and nobody asks whose key that is.
import { EmbeddedJWK, importJWK, jwtVerify } from "jose";

export async function user(method, url, token, proof, key, seen) {
  const rules = { algorithms: ["ES256"] };
  const { payload: claims } = await jwtVerify(token, await importJWK(key, "ES256"), rules);
  const { payload: proved } = await jwtVerify(proof, EmbeddedJWK, rules);
  if (proved.htm !== method || proved.htu !== url || seen.includes(proved.jti)) {
    throw new Error("this proof is for another request, or was used before");
  }
  return claims.sub;
}
