# The fix: the key may be known to everyone, because it verifies RS256 and does nothing else.
import jwt


def user(token, public_key):
    return jwt.decode(token, public_key, algorithms=["RS256"])["sub"]
