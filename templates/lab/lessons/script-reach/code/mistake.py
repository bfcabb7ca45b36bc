# Tells the page who is logged in. It also gives the
# page the token out of the HttpOnly cookie.
import jwt


def me(cookies, key):
    token = cookies["session"]
    claims = jwt.decode(token, key, algorithms=["HS256"])
    return {"user": claims["sub"], "token": token}
