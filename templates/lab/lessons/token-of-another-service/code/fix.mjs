// The fix: the portal names its one issuer, and itself as the audience.
import { importJWK, jwtVerify } from "jose";

const issuer = "https://login.example/school";
const audience = "https://portal.example";

export async function role(token, keys) {
  const key = await importJWK(keys[issuer], "ES256");
  const rules = { algorithms: ["ES256"], issuer, audience, requiredClaims: ["exp"] };
  const { payload } = await jwtVerify(token, key, rules);
  return payload.role;
}
