# The mistake: the old name still counts, and any host of the school can set it.
from werkzeug.http import parse_cookie


def session(cookie_header):
    cookies = parse_cookie(cookie_header)
    return cookies.get("session") or cookies["__Host-session"]
