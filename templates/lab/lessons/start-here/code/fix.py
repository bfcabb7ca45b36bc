# Verifies the token with the key first.
# Only then do its claims count.
import jwt


def user(token, key):
    claims = jwt.decode(token, key, algorithms=["HS256"])
    return claims["sub"]
