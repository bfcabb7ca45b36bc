# The fix: a secret that is too short is an error.
import jwt


def user(token, secret):
    if len(secret.encode()) < 32:
        raise ValueError("make a secret with: openssl rand -base64 32")
    return jwt.decode(token, secret, algorithms=["HS256"])["sub"]
