# The fix: the set that was fetched replaces the copy, so a retired key is gone.
import jwt


def user(token, copy, fetched):
    copy["keys"] = fetched["keys"]
    kid = jwt.get_unverified_header(token)["kid"]
    key = jwt.PyJWKSet.from_dict(copy)[kid].key
    return jwt.decode(token, key, algorithms=["RS256"], options={"require": ["exp"]})["sub"]
