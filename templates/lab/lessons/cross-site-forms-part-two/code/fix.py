# The fix: the value is signed together with the session id.
import hmac
from base64 import urlsafe_b64encode


def form_is_ours(session, cookie, field, key):
    random, _, signature = field.partition(".")
    signed = hmac.digest(key.encode(), f"{session}!{random}".encode(), "sha256")
    signed = urlsafe_b64encode(signed).rstrip(b"=")
    is_same = hmac.compare_digest(cookie.encode(), field.encode())
    if not is_same or not hmac.compare_digest(signature.encode(), signed):
        raise PermissionError("this form comes from elsewhere")
    return session
