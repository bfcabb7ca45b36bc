// The fix: the claims come from the check. If it fails, there are none.
import jwt from "jsonwebtoken";

export function user(token, key) {
  const claims = jwt.verify(token, key, { algorithms: ["HS256"] });
  return claims.sub;
}
