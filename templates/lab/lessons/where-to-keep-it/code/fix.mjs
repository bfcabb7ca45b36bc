// The fix: the browser has only a session id, and the token stays in the server's table.
import jwt from "jsonwebtoken";

export function userOfRequest(request, sessions, key) {
  const token = new Map(Object.entries(sessions)).get(request.session);
  return jwt.verify(token, key, { algorithms: ["HS256"] }).sub;
}
