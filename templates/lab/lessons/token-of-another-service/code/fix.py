# The fix: the portal names its one issuer, and itself as the audience.
import jwt

ISSUER = "https://login.example/school"
PORTAL = "https://portal.example"


def role(token, keys):
    key = jwt.PyJWK(keys[ISSUER], "ES256").key
    required = {"require": ["exp", "iss", "aud"]}
    claims = jwt.decode(token, key, algorithms=["ES256"], issuer=ISSUER, audience=PORTAL, options=required)
    return claims["role"]
