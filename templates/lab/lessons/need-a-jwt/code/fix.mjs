// The fix: the token says who it is, and the server's own table says what that user may do now.
import { jwtVerify } from "jose";

export async function changeGrade(token, key, users) {
  const rules = { algorithms: ["HS256"], requiredClaims: ["exp"] };
  const { payload: claims } = await jwtVerify(token, new TextEncoder().encode(key), rules);
  const user = users[claims.sub];
  if (user.role !== "admin" || user.blocked) throw new Error("only Admin changes grades");
  return `${user.name} changed a grade`;
}
