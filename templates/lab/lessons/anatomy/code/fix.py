# The fix: the log gets the name of the token, which opens nothing.
import jwt


def line_for_the_log(token, key):
    claims = jwt.decode(token, key, algorithms=["HS256"])
    return f"login of {claims['sub']} with token {claims['jti']}"
