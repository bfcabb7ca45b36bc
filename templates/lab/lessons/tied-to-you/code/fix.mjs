// The fix: the key in the proof is the one that the token names, and the proof is new.
import { createHash } from "node:crypto";
import { calculateJwkThumbprint, EmbeddedJWK, importJWK, jwtVerify } from "jose";

export async function user(method, url, token, proof, key, seen) {
  const algorithms = ["ES256"];
  const { payload: claims } = await jwtVerify(token, await importJWK(key, "ES256"), { algorithms });
  const rules = { algorithms, typ: "dpop+jwt", maxTokenAge: 300 };
  const { payload: proved, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, rules);
  if ((await calculateJwkThumbprint(protectedHeader.jwk)) !== claims.cnf.jkt) {
    throw new Error("this is no proof by the key that the token names");
  }
  const ath = createHash("sha256").update(token).digest("base64url");
  if (proved.htm !== method || proved.htu !== url || proved.ath !== ath || seen.includes(proved.jti)) {
    throw new Error("this proof is for another request, or was used before");
  }
  seen.push(proved.jti); // in a real server: a table, for five minutes
  return claims.sub;
}
