// The mistake: the role is in the token, so it stays until `exp`.
import jwt from "jsonwebtoken";

export function changeGrade(token, key, users) {
  const claims = jwt.verify(token, key, { algorithms: ["HS256"] });
  const user = users[claims.sub];
  if (claims.role !== "admin") throw new Error("only Admin changes grades");
  return `${user.name} changed a grade`;
}
