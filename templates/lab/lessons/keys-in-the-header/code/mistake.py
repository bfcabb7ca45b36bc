# The mistake: the token contains the key that verifies it.
import jwt


def user(token, key_set):
    header = jwt.get_unverified_header(token)
    if "jwk" in header:
        key = jwt.PyJWK(header["jwk"])
    else:
        key = jwt.PyJWKSet.from_dict(key_set)[header["kid"]]
    return jwt.decode(token, key, algorithms=["RS256"])["sub"]
