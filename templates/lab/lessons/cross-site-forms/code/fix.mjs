// The fix: a form that another site sent is refused, whatever cookie it brings.
import cookie from "cookie";

const OWN_ORIGIN = "https://grades.school.example";

export function sessionOfForm(headers) {
  const { origin = OWN_ORIGIN, "sec-fetch-site": site = "same-origin" } = headers;
  if (origin !== OWN_ORIGIN || site !== "same-origin") {
    throw new Error("this form comes from another site");
  }
  return cookie.parse(headers.cookie).session;
}
