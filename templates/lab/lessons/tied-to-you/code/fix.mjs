// The fix: the key in the proof is the one that the token names, and the proof is new.
import { createHash } from "node:crypto";
import { calculateJwkThumbprint, EmbeddedJWK, importJWK, jwtVerify } from "jose";

export async function user(method, url, token, proof, key, seen) {
  const algorithms = ["ES256"];
  const ofToken = { algorithms, requiredClaims: ["exp"] };
  const { payload: claims } = await jwtVerify(token, await importJWK(key, "ES256"), ofToken);
  const ofProof = { algorithms, typ: "dpop+jwt", maxTokenAge: 300, clockTolerance: 5 };
  // EmbeddedJWK refuses a private key
  const { payload: proved, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, ofProof);
  if ((await calculateJwkThumbprint(protectedHeader.jwk)) !== claims.cnf.jkt) {
    throw new Error("this is no proof by the key that the token names");
  }
  const ath = createHash("sha256").update(token).digest("base64url");
  const isForThis = proved.htm === method && address(proved.htu) === address(url) && proved.ath === ath;
  if (!isForThis || !proved.jti || seen.includes(proved.jti)) {
    throw new Error("this proof is for another request, or was used before");
  }
  seen.push(proved.jti); // in a real server: a table, for six minutes, so longer than a proof is accepted
  return claims.sub;
}

/** A URL without its query and fragment. */
function address(url) {
  return String(url).split(/[?#]/)[0];
}
