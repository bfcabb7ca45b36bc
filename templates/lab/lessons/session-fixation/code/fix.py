# The fix: the login ends that session and makes a new random id.
import secrets


def user_after_login(planted, user, who):
    sessions = {planted: None}
    del sessions[planted]
    own = secrets.token_urlsafe(16)
    sessions[own] = user
    return sessions[own if who == "browser" else planted]
