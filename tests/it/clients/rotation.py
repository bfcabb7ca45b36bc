"""PyJWT has the issuer's keys, and gets a token of the next key right after a rotation: whether it accepts it at once.
Argument: issuer."""

import sys

import jwt
import requests

from browser import discover

issuer = sys.argv[1]
provider = discover(issuer)
CLIENTS = {
    "PyJWKClient": jwt.PyJWKClient(provider["jwks_uri"]),
    "PyJWKClient, cooldown_duration=0": jwt.PyJWKClient(provider["jwks_uri"], cooldown_duration=0),
}


def new_token():
    form = {"grant_type": "client_credentials", "audience": "orders"}
    return requests.post(provider["token_endpoint"], data=form, auth=("app", "secret")).json()["access_token"]


def said(client, token):
    try:
        key = client.get_signing_key_from_jwt(token)
        jwt.decode(token, key, algorithms=["RS256"], audience="orders", issuer=issuer)
    except jwt.PyJWTError:
        return "refused"
    return "accepted"


old = new_token()
assert all(said(client, old) == "accepted" for client in CLIENTS.values())
requests.post(f"{issuer}/test/rotate")
next = new_token()
for name, client in CLIENTS.items():
    print(f"{name}: {said(client, next)}")
