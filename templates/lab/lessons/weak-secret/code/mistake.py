# The mistake: any text is good enough as the secret, such as "changeme".
import jwt


def user(token, secret):
    return jwt.decode(token, secret, algorithms=["HS256"])["sub"]
