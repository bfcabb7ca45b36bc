# The fix: only the name that no other host can set. It was set with
# set_cookie("__Host-session", value, secure=True, httponly=True, samesite="Lax").
from werkzeug.http import parse_cookie


def session(cookie_header):
    return parse_cookie(cookie_header)["__Host-session"]
