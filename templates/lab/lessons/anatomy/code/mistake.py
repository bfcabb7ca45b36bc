# The mistake: the token is thought to be encrypted, so the log gets all of it.
import jwt


def line_for_the_log(token, key):
    subject = jwt.decode(token, key, algorithms=["HS256"])["sub"]
    return f"login of {subject} with {token}"
