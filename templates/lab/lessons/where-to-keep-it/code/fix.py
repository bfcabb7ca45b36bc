# The fix: the browser has only a session id, and the token stays in the server's table.
import jwt


def user_of_request(request, sessions, key):
    token = sessions[request["session"]]
    return jwt.decode(token, key, algorithms=["HS256"])["sub"]
