// The fix: the login ends that session and makes a new random id.
import { randomBytes } from "node:crypto";

export function userAfterLogin(planted, user, who) {
  const sessions = new Map([[planted, null]]);
  sessions.delete(planted);
  const own = randomBytes(16).toString("base64url");
  sessions.set(own, user);
  const sent = who === "browser" ? own : planted;
  if (!sessions.has(sent)) throw new Error("please log in");
  return sessions.get(sent);
}
