# The mistake: the token's own header chooses the algorithm.
import jwt


def user(token, key):
    algorithm = jwt.get_unverified_header(token)["alg"]
    if algorithm == "none":
        return jwt.decode(token, options={"verify_signature": False})["sub"]
    return jwt.decode(token, key, algorithms=[algorithm])["sub"]
