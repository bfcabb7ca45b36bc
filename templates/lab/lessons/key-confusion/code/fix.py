# The fix: one key, one algorithm. A token that names another one is refused.
import jwt


def user(token, key):
    claims = jwt.decode(token, key, algorithms=["RS256"])
    return claims["sub"]
