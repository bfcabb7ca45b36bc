# The fix: the logout also revokes the token, and every request asks the list.
import jwt


def visit(pages, token, key):
    revoked = set()  # in a real server: a table, where each `jti` stays until its `exp`
    for page in pages:
        claims = jwt.decode(token, key, algorithms=["HS256"], options={"require": ["exp", "jti"]})
        if claims["jti"] in revoked:
            raise jwt.InvalidTokenError("this token was revoked at a logout")
        if page == "/logout":
            revoked.add(claims["jti"])
            answer = "Set-Cookie: token=; Max-Age=0"
        else:
            answer = "Hello " + claims["sub"]
    return answer
