"""PyJWT verifies access tokens and ID tokens with the key set that discovery names. Arguments: issuer."""

import base64
import sys

import jwt

from browser import discover, redeem, signed, tokens_of_login

issuer = sys.argv[1]
provider = discover(issuer)
algorithms = provider["id_token_signing_alg_values_supported"]
keys = jwt.PyJWKClient(provider["jwks_uri"])


def verified(token, audience, algorithms=algorithms):
    key = keys.get_signing_key_from_jwt(token)
    options = {"require": ["exp", "iat", "sub"]}
    return jwt.decode_complete(token, key, algorithms=algorithms, audience=audience, issuer=issuer, options=options)


granted = redeem(provider, grant_type="client_credentials", audience="orders", scope="orders:read")
access = verified(granted["access_token"], "orders")
assert access["header"]["typ"] == "at+jwt" and access["payload"]["scope"] == "orders:read", access
print("client_credentials")

tokens = tokens_of_login(provider, "n1")
identity = verified(tokens["id_token"], "app")
assert identity["payload"]["nonce"] == "n1"
# As PyJWT's documentation says to check `at_hash`.
digest = jwt.get_algorithm_by_name(identity["header"]["alg"]).compute_hash_digest(tokens["access_token"].encode())
half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
assert identity["payload"]["at_hash"] == half
print("ID token with nonce and at_hash")

for algorithm in algorithms:
    assert verified(signed(issuer, algorithm), issuer, [algorithm])["payload"]["sub"] == "susan"
    print(algorithm)
