# The fix: this service expects one algorithm, and says so.
import jwt


def user(token, key):
    return jwt.decode(token, key, algorithms=["HS256"])["sub"]
