# Reads the token and believes it.
# Anyone can write such a token.
import jwt


def user(token, key):
    claims = jwt.decode(token, options={"verify_signature": False})
    return claims["sub"]
