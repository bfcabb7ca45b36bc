// The fix: name and value are measured before the cookie is set.
import { serialize } from "cookie";
import jwt from "jsonwebtoken";

export function login(claims, key) {
  const token = jwt.sign(claims, key, { algorithm: "HS256" });
  const size = "token".length + token.length;
  if (size > 4096) throw new Error(`the cookie has ${size} bytes, and browsers keep 4096: leave out claims`);
  const cookie = serialize("token", token, { httpOnly: true, secure: true, sameSite: "lax" });
  return new Response("Welcome", { headers: { "Set-Cookie": cookie } }).status;
}
