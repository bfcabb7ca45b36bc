# The mistake: the two values are equal. Nobody asks who chose them.
import hmac


def form_is_ours(session, cookie, field, key):
    if not hmac.compare_digest(cookie.encode(), field.encode()):
        raise PermissionError("this form comes from elsewhere")
    return session
