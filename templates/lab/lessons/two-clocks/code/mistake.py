# Leaves the end to the cookie's Max-Age.
# A copy of the token works for ever.
import jwt


def user(token, key):
    claims = jwt.decode(
        token, key, algorithms=["HS256"],
        options={"verify_exp": False},
    )
    return claims["sub"]
