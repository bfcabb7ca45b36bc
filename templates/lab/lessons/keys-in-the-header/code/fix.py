# The fix: the header only says which of the trusted keys it is.
import jwt


def user(token, key_set):
    header = jwt.get_unverified_header(token)
    key = jwt.PyJWKSet.from_dict(key_set)[header["kid"]].key
    return jwt.decode(token, key, algorithms=["RS256"])["sub"]
