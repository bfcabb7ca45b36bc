# Checks exp by the server's own clock,
# and refuses a token that has none.
import jwt


def user(token, key):
    claims = jwt.decode(
        token, key, algorithms=["HS256"],
        options={"require": ["exp"]}, leeway=10,
    )
    return claims["sub"]
