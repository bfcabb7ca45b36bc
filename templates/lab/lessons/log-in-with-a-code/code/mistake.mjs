// The mistake: a good token is accepted, whoever began the login and whoever answers.
import jwt from "jsonwebtoken";

export function finishLogin(callback, session, idToken, key) {
  return jwt.verify(idToken, key, { algorithms: ["HS256"], audience: "grade-portal" }).sub;
}
