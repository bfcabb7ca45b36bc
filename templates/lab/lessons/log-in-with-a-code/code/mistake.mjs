// The mistake: a good token is accepted, whoever began the login and whoever answers.
import { jwtVerify } from "jose";

export async function finishLogin(callback, session, idToken, key) {
  const rules = { algorithms: ["HS256"], audience: "grade-portal" };
  const { payload } = await jwtVerify(idToken, new TextEncoder().encode(key), rules);
  return payload.sub;
}
