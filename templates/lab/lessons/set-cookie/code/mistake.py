# Trusts the cookie `user`: it was set with HttpOnly.
# But Mallory edits the cookies of her own browser.
def user(cookies, key):
    return cookies["user"]
