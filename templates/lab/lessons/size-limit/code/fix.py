# The fix: name and value are measured before the cookie is set.
import flask
import jwt


def login(claims, key):
    token = jwt.encode(claims, key, algorithm="HS256")
    size = len("token") + len(token)
    if size > 4096:
        raise ValueError(f"the cookie has {size} bytes, and browsers keep 4096: leave out claims")
    response = flask.Response("Welcome")
    response.set_cookie("token", token, httponly=True, secure=True, samesite="Lax")
    return response.status_code
