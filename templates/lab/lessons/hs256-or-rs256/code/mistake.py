# The mistake: the library takes any key of the portal, also a shared secret.
import jwt


def user(token, key):
    key = jwt.PyJWK(key)
    claims = jwt.decode(token, key, algorithms=[key.algorithm_name])
    return claims["sub"]
