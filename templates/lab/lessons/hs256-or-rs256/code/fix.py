# The fix: the library verifies with a public key only. Nobody can sign with that.
import jwt


def user(token, key):
    claims = jwt.decode(token, jwt.PyJWK(key), algorithms=["RS256"])
    return claims["sub"]
