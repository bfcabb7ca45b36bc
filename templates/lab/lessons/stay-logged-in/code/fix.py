# The fix: a refresh token works once. A second use ends the whole family.
import secrets
import time

import jwt


def last_user(moves, key):
    first = secrets.token_urlsafe(32)
    held = {"bob": first, "mallory": first}  # Mallory copied Bob's token
    # In a real server: a row with a hash of the token, replaced by one UPDATE … WHERE current = ?.
    family = {"user": "bob", "current": first, "ended": False}
    access = None
    for client in moves:
        if family["ended"] or held[client] != family["current"]:
            family["ended"] = True
            # Nobody gets a new one. An access token that was issued stays valid until its `exp`.
            access = None
        else:
            held[client] = family["current"] = secrets.token_urlsafe(32)
            access = jwt.encode({"sub": family["user"], "exp": time.time() + 600}, key, algorithm="HS256")
    claims = jwt.decode(access, key, algorithms=["HS256"], options={"require": ["exp"]})
    return claims["sub"]
