# The mistake: a good token is accepted, whoever began the login and whoever answers.
import jwt


def finish_login(callback, session, id_token, key):
    claims = jwt.decode(id_token, key, algorithms=["HS256"], audience="grade-portal")
    return claims["sub"]
