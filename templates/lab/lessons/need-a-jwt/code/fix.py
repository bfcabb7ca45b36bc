# The fix: the token says who it is, and the server's own table says what that user may do now.
import jwt


def change_grade(token, key, users):
    claims = jwt.decode(token, key, algorithms=["HS256"], options={"require": ["exp"]})
    user = users[claims["sub"]]
    if user["role"] != "admin" or user["blocked"]:
        raise PermissionError("only Admin changes grades")
    return user["name"] + " changed a grade"
