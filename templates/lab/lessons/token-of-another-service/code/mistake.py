# The mistake: the token names the issuer whose key is used, and nobody asks for whom it is.
import jwt


def role(token, keys):
    issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
    key = jwt.PyJWK(keys[issuer])
    claims = jwt.decode(token, key, algorithms=["ES256"], options={"verify_aud": False})
    return claims["role"]
