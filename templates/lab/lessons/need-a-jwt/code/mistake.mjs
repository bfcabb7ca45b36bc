// The mistake: the role is in the token, so it stays until `exp`.
import { jwtVerify } from "jose";

export async function changeGrade(token, key, users) {
  const rules = { algorithms: ["HS256"] };
  const { payload: claims } = await jwtVerify(token, new TextEncoder().encode(key), rules);
  const user = users[claims.sub];
  if (claims.role !== "admin") throw new Error("only Admin changes grades");
  return `${user.name} changed a grade`;
}
