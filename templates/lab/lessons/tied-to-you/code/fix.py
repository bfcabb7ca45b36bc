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


def _address(url):  # without query and fragment
    return url.partition("#")[0].partition("?")[0]


def user(method, url, token, proof, key, seen):
    issuer_key = jwt.PyJWK(key, "ES256").key
    claims = jwt.decode(token, issuer_key, algorithms=["ES256"], options={"require": ["exp"]})
    header = jwt.get_unverified_header(proof)
    jwk = header["jwk"]
    if header["typ"] != "dpop+jwt" or "d" in jwk:
        raise jwt.InvalidTokenError("this is no proof, or it shows a private key")
    proved = jwt.decode(proof, jwt.PyJWK(jwk, "ES256").key, algorithms=["ES256"], leeway=5)
    if _thumbprint(jwk) != claims["cnf"]["jkt"]:
        raise jwt.InvalidTokenError("this is no proof by the key that the token names")
    if (proved["htm"], _address(proved["htu"]), proved["ath"]) != (method, _address(url), _hash(token)):
        raise jwt.InvalidTokenError("this proof is for another request")
    if not -5 <= time.time() - proved["iat"] <= 300 or proved["jti"] in seen:
        raise jwt.InvalidTokenError("this proof is too old, from the future, or was used before")
    seen.append(proved["jti"])  # in a real server: a table, for six minutes, so longer than a proof is accepted
    return claims["sub"]
