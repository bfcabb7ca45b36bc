# The fix: a form that another site sent is refused, whatever cookie it brings.
from werkzeug.http import parse_cookie

OWN_ORIGIN = "https://grades.school.example"


def session_of_form(headers):
    site = headers.get("sec-fetch-site", "same-origin")
    if site != "same-origin" or headers.get("origin", OWN_ORIGIN) != OWN_ORIGIN:
        raise PermissionError("this form comes from another site")
    return parse_cookie(headers["cookie"])["session"]
