# The fix: the claims are read from a token that verified.
import jwt


def user(token, key):
    return jwt.decode(token, key, algorithms=["HS256"])["sub"]
