# The mistake: the proof fits the key that it brings, and nobody asks whose key that is.
import jwt


def user(method, url, token, proof, key, seen):
    claims = jwt.decode(token, jwt.PyJWK(key), algorithms=["ES256"])
    jwk = jwt.get_unverified_header(proof)["jwk"]
    proved = jwt.decode(proof, jwt.PyJWK(jwk), algorithms=["ES256"])
    if (proved["htm"], proved["htu"]) != (method, url) or proved["jti"] in seen:
        raise jwt.InvalidTokenError("this proof is for another request, or was used before")
    return claims["sub"]
