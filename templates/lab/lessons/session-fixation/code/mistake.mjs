// The mistake: the login keeps the session id that the browser sent.
export function userAfterLogin(planted, user, who) {
  const sessions = new Map([[planted, null]]);
  const own = planted;
  sessions.set(own, user);
  const sent = who === "browser" ? own : planted;
  if (!sessions.has(sent)) throw new Error("please log in");
  return sessions.get(sent);
}
