// Tells the page who is logged in.
// The token stays in its cookie.
import jwt from "jsonwebtoken";

export function me(cookies, key) {
  const token = cookies.session;
  const claims = jwt.verify(token, key, { algorithms: ["HS256"] });
  return { user: claims.sub };
}
