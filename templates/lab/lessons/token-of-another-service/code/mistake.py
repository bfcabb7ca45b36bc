# The mistake: the key set of whichever issuer the token names is used, and nobody checks who it is for.
# `keys[issuer]` stands for fetching the key set from the address in `iss`.
import jwt


def role(token, keys):
    issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
    key = jwt.PyJWK(keys[issuer])
    claims = jwt.decode(token, key, algorithms=["ES256"], options={"verify_aud": False})
    return claims["role"]
