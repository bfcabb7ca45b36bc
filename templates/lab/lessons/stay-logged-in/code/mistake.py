# The mistake: a refresh token works again and again, for whoever has it.
import secrets
import time

import jwt


def last_user(moves, key):
    first = secrets.token_urlsafe(32)
    held = {"bob": first, "mallory": first}  # Mallory copied Bob's token
    family = {"user": "bob", "current": first}  # in a real server: a row of a table
    access = None
    for client in moves:
        if held[client] == family["current"]:
            access = jwt.encode({"sub": family["user"], "exp": time.time() + 600}, key, algorithm="HS256")
    return jwt.decode(access, key, algorithms=["HS256"])["sub"]
