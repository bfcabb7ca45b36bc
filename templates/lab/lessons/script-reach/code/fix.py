# Tells the page who is logged in.
# The token stays in its cookie.
import jwt


def me(cookies, key):
    token = cookies["session"]
    claims = jwt.decode(token, key, algorithms=["HS256"])
    return {"user": claims["sub"]}
