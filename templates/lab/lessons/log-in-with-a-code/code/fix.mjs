// The fix: this browser must have begun this login, at this issuer.
import { jwtVerify } from "jose";

export async function finishLogin(callback, session, idToken, key) {
  if (!session.state || callback.state !== session.state) throw new Error("This browser did not begin this login.");
  // In a real client: delete `state` now, so that it works once.
  // This issuer's metadata has `authorization_response_iss_parameter_supported`, so an answer
  // without `iss` is refused (RFC 9207, section 2.4).
  if (!session.issuer || callback.iss !== session.issuer) throw new Error("Another issuer answers.");
  const rules = { algorithms: ["HS256"], audience: "grade-portal", issuer: session.issuer, requiredClaims: ["exp"] };
  const { payload } = await jwtVerify(idToken, new TextEncoder().encode(key), rules);
  return payload.sub;
}
