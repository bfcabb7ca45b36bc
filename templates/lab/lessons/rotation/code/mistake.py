# The mistake: a key that was fetched once is trusted for ever.
import jwt


def user(token, copy, fetched):
    copy["keys"] += fetched["keys"]
    kid = jwt.get_unverified_header(token)["kid"]
    key = jwt.PyJWKSet.from_dict(copy)[kid]
    return jwt.decode(token, key, algorithms=["RS256"])["sub"]
