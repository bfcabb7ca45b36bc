// The fix: the logout also revokes the token, and every request asks the list.
import jwt from "jsonwebtoken";

export function visit(pages, token, key) {
  const revoked = new Set(); // in a real server: a table, where each `jti` stays until its `exp`
  let answer;
  for (const page of pages) {
    const claims = jwt.verify(token, key, { algorithms: ["HS256"] });
    if (!claims.jti || !claims.exp) throw new Error("a token without `jti` and `exp` cannot be revoked");
    if (revoked.has(claims.jti)) throw new Error("this token was revoked at a logout");
    if (page === "/logout") revoked.add(claims.jti);
    answer = page === "/logout" ? "Set-Cookie: token=; Max-Age=0" : `Hello ${claims.sub}`;
  }
  return answer;
}
