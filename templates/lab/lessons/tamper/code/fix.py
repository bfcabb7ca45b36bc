# The fix: the claims come from the check. If it fails, there are none.
import jwt


def user(token, key):
    claims = jwt.decode(token, key, algorithms=["HS256"])
    return claims["sub"]
