// The fix: the value is signed together with the session id.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

export function formIsOurs(session, cookie, field, key) {
  const digest = (text) => createHash("sha256").update(text).digest();
  const [random, signature = ""] = field.split(".");
  const signed = createHmac("sha256", key).update(`${session}!${random}`).digest("base64url");
  if (!timingSafeEqual(digest(cookie), digest(field)) || !timingSafeEqual(digest(signature), digest(signed))) {
    throw new Error("this form comes from elsewhere");
  }
  return session;
}
