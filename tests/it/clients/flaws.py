"""Verifiers as their documentation sets them up for an API: the key set, the issuer and the audience, and RS256 where
they ask for algorithms. Then with options that refuse more. Arguments: issuer, and a JSON object of tokens by flaw.
Each line is a setup, a library, a flaw and what the library says, with a tab between them."""

import json
import sys
import warnings

# authlib.jose says on import that it is deprecated, and that joserfc takes its place.
warnings.simplefilter("ignore")

from authlib.jose import JsonWebKey, JsonWebToken
from authlib.jose.errors import JoseError
import requests
from joserfc import jwt as joserfc_jwt
from joserfc.errors import JoseError as JoserfcError
from joserfc.jwk import KeySet
import jwt as pyjwt

from browser import discover

issuer, tokens = sys.argv[1], json.loads(sys.argv[2])
audience = "orders"
jwks_uri = discover(issuer)["jwks_uri"]
published = requests.get(jwks_uri).json()
client, keys = pyjwt.PyJWKClient(jwks_uri), KeySet.import_key_set(published)
authlib_keys = JsonWebKey.import_key_set(published)
of_the_issuer = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": audience}}
with_an_end = {**of_the_issuer, "exp": {"essential": True}}


def by_pyjwt(token, options=None):
    key = client.get_signing_key_from_jwt(token)
    pyjwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=issuer, options=options)


def by_joserfc(token, claims=of_the_issuer):
    decoded = joserfc_jwt.decode(token, keys, algorithms=["RS256"])
    joserfc_jwt.JWTClaimsRegistry(**claims).validate(decoded.claims)


def by_authlib(token, claims=of_the_issuer):
    JsonWebToken(["RS256"]).decode(token, authlib_keys, claims_options=claims).validate()


SETUPS = {
    "default": {"PyJWT": by_pyjwt, "joserfc": by_joserfc, "Authlib": by_authlib},
    "strict": {
        "PyJWT": lambda token: by_pyjwt(token, {"require": ["exp"]}),
        "joserfc": lambda token: by_joserfc(token, with_an_end),
        "Authlib": lambda token: by_authlib(token, with_an_end),
    },
}


def said(verify, token):
    try:
        verify(token)
    except (pyjwt.PyJWTError, JoserfcError, JoseError, ValueError) as error:
        return f"{type(error).__name__}: {error}".strip(": ")
    return "accepted"


for setup, verifiers in SETUPS.items():
    for library, verify in verifiers.items():
        for flaw, token in tokens.items():
            print(setup, library, flaw, said(verify, token), sep="\t")
