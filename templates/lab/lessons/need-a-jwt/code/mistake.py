# The mistake: the role is in the token, so it stays until `exp`.
import jwt


def change_grade(token, key, users):
    claims = jwt.decode(token, key, algorithms=["HS256"])
    user = users[claims["sub"]]
    if claims["role"] != "admin":
        raise PermissionError("only Admin changes grades")
    return user["name"] + " changed a grade"
