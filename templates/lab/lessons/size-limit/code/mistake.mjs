// The mistake: the token goes into the cookie, however large it is.
import { serialize } from "cookie";
import jwt from "jsonwebtoken";

export function login(claims, key) {
  const token = jwt.sign(claims, key, { algorithm: "HS256" });
  const cookie = serialize("token", token, { httpOnly: true, secure: true, sameSite: "lax" });
  return new Response("Welcome", { headers: { "Set-Cookie": cookie } }).status;
}
