// The mistake: a failed check is only logged, and the claims were read before it.
import jwt from "jsonwebtoken";

export function user(token, key) {
  const claims = jwt.decode(token);
  try {
    jwt.verify(token, key, { algorithms: ["HS256"] });
  } catch (error) {
    console.warn("refused token:", error.message);
  }
  return claims.sub;
}
