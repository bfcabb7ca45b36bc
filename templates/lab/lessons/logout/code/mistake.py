# The mistake: the logout only asks the browser to delete the cookie.
import jwt


def visit(pages, token, key):
    for page in pages:
        claims = jwt.decode(token, key, algorithms=["HS256"])
        if page == "/logout":
            answer = "Set-Cookie: token=; Max-Age=0"
        else:
            answer = "Hello " + claims["sub"]
    return answer
