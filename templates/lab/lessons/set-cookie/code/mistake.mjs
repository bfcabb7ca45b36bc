// Trusts the cookie `user`: it was set with HttpOnly.
// But Mallory edits the cookies of her own browser.
export function user(cookies, key) {
  return cookies.user;
}
