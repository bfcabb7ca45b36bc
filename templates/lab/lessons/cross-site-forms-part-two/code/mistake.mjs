// The mistake: the two values are equal. Nobody asks who chose them.
import { createHash, timingSafeEqual } from "node:crypto";

export function formIsOurs(session, cookie, field, key) {
  const digest = (text) => createHash("sha256").update(text).digest();
  if (!timingSafeEqual(digest(cookie), digest(field))) throw new Error("this form comes from elsewhere");
  return session;
}
