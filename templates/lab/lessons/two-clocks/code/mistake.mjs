// Leaves the end to the cookie's Max-Age.
// A copy of the token works for ever.
import jwt from "jsonwebtoken";

export function user(token, key) {
  const claims = jwt.verify(token, key, {
    algorithms: ["HS256"],
    ignoreExpiration: true,
  });
  return claims.sub;
}
