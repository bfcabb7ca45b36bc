// The mistake: the logout only asks the browser to delete the cookie.
import jwt from "jsonwebtoken";

export function visit(pages, token, key) {
  let answer;
  for (const page of pages) {
    const claims = jwt.verify(token, key, { algorithms: ["HS256"] });
    answer = page === "/logout" ? "Set-Cookie: token=; Max-Age=0" : `Hello ${claims.sub}`;
  }
  return answer;
}
