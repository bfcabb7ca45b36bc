# The mistake: the address for the page accepts a token that the browser sends.
import jwt


def user_of_request(request, sessions, key):
    token = request["authorization"].removeprefix("Bearer ")
    return jwt.decode(token, key, algorithms=["HS256"])["sub"]
