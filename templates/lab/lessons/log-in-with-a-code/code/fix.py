# The fix: this browser must have begun this login, at this issuer.
import hmac

import jwt


def finish_login(callback, session, id_token, key):
    if not session.get("state") or not hmac.compare_digest(callback.get("state", ""), session["state"]):
        raise ValueError("This browser did not begin this login.")
    if callback.get("iss") != session["issuer"]:
        raise ValueError("Another issuer answers.")
    claims = jwt.decode(id_token, key, algorithms=["HS256"], audience="grade-portal", issuer=session["issuer"])
    return claims["sub"]
