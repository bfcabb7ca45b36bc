// The mistake: the old name still counts, and any host of the school can set it.
import cookie from "cookie";

export function session(cookieHeader) {
  const cookies = cookie.parse(cookieHeader);
  return cookies.session ?? cookies["__Host-session"];
}
