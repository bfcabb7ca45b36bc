# The mistake: the cookie alone decides, and a form of another site can bring it.
from werkzeug.http import parse_cookie


def session_of_form(headers):
    return parse_cookie(headers["cookie"])["session"]
