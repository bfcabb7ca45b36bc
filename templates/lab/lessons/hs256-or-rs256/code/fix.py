# The fix: the library verifies with a public key only. Nobody can sign with that.
import jwt


def user(token, key):
    # `.key`, because PyJWT 2.9.0 to 2.12.1 verify with the algorithm of a PyJWK, whatever the list says
    public_key = jwt.PyJWK(key, "RS256").key
    claims = jwt.decode(token, public_key, algorithms=["RS256"])
    return claims["sub"]
