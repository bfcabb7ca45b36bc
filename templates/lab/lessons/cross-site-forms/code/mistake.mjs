// The mistake: the cookie alone decides, and a form of another site can bring it.
import cookie from "cookie";

export function sessionOfForm(headers) {
  return cookie.parse(headers.cookie).session;
}
