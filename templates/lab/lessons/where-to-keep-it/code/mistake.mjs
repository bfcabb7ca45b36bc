// The mistake: the address for the page accepts a token that the browser sends.
import jwt from "jsonwebtoken";

export function userOfRequest(request, sessions, key) {
  const token = request.authorization.replace("Bearer ", "");
  return jwt.verify(token, key, { algorithms: ["HS256"] }).sub;
}
