# The fix: this browser must have begun this login, at this issuer.
import hmac

import jwt


def finish_login(callback, session, id_token, key):
    sent, kept = callback.get("state", ""), session.get("state", "")
    if not kept or not hmac.compare_digest(sent.encode(), kept.encode()):
        raise ValueError("This browser did not begin this login.")
    # In a real client: delete `state` now, so that it works once.
    # This issuer's metadata has `authorization_response_iss_parameter_supported`, so an answer
    # without `iss` is refused (RFC 9207, section 2.4).
    if callback.get("iss") != session["issuer"]:
        raise ValueError("Another issuer answers.")
    rules = {"audience": "grade-portal", "issuer": session["issuer"], "options": {"require": ["exp"]}}
    claims = jwt.decode(id_token, key, algorithms=["HS256"], **rules)
    return claims["sub"]
