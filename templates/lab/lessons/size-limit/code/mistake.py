# The mistake: the token goes into the cookie, however large it is.
import flask
import jwt


def login(claims, key):
    token = jwt.encode(claims, key, algorithm="HS256")
    response = flask.Response("Welcome")
    response.set_cookie("token", token, httponly=True, secure=True, samesite="Lax")
    return response.status_code
