# The mistake: the payload is read, and nobody checks who wrote it.
import jwt


def user(token, key):
    return jwt.decode(token, options={"verify_signature": False})["sub"]
