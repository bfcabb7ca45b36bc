// Checks exp by the server's own clock,
// and refuses a token that has none.
import jwt from "jsonwebtoken";

export function user(token, key) {
  const claims = jwt.verify(token, key, {
    algorithms: ["HS256"],
    clockTolerance: 10,
  });
  if (claims.exp === undefined) {
    throw new Error("the token has no exp");
  }
  return claims.sub;
}
