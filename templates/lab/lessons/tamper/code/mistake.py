# The mistake: a failed check is only logged, and the claims were read before it.
import logging
import jwt


def user(token, key):
    claims = jwt.decode(token, options={"verify_signature": False})
    try:
        jwt.decode(token, key, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        logging.warning("refused token: %s", error)
    return claims["sub"]
