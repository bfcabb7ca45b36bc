# The mistake: "nobody has our public key", so its file may serve as a secret too.
import hmac

import jwt
from jwt.utils import base64url_decode


def user(token, confidential_key):
    if jwt.get_unverified_header(token)["alg"] == "RS256":
        return jwt.decode(token, confidential_key, algorithms=["RS256"])["sub"]
    signed, signature = token.rsplit(".", 1)
    expected = hmac.digest(confidential_key.encode(), signed.encode(), "sha256")
    if not hmac.compare_digest(base64url_decode(signature), expected):
        raise ValueError("The signature is wrong.")
    return jwt.decode(token, options={"verify_signature": False})["sub"]
