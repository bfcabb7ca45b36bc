# The fix: the key in the proof is the one that the token names, and the proof is new.
import hashlib
import json
import time
from base64 import urlsafe_b64encode

import jwt


def _hash(text):
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def _thumbprint(jwk):
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return _hash(json.dumps(members, separators=(",", ":")))


def user(method, url, token, proof, key, seen):
    claims = jwt.decode(token, jwt.PyJWK(key), algorithms=["ES256"])
    header = jwt.get_unverified_header(proof)
    proved = jwt.decode(proof, jwt.PyJWK(header["jwk"]), algorithms=["ES256"])
    if header["typ"] != "dpop+jwt" or _thumbprint(header["jwk"]) != claims["cnf"]["jkt"]:
        raise jwt.InvalidTokenError("this is no proof by the key that the token names")
    if (proved["htm"], proved["htu"], proved["ath"]) != (method, url, _hash(token)):
        raise jwt.InvalidTokenError("this proof is for another request")
    if time.time() - proved["iat"] > 300 or proved["jti"] in seen:
        raise jwt.InvalidTokenError("this proof is old, or was used before")
    seen.append(proved["jti"])  # in a real server: a table, for five minutes
    return claims["sub"]
