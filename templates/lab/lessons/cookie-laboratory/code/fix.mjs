// The fix: only the name that no other host can set. It was set with
// res.cookie("__Host-session", value, { secure: true, httpOnly: true, sameSite: "lax" }).
import cookie from "cookie";

export function session(cookieHeader) {
  const value = cookie.parse(cookieHeader)["__Host-session"];
  if (!value) throw new Error("not logged in");
  return value;
}
