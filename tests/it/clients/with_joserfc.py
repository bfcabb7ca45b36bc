"""joserfc verifies access tokens and ID tokens with the key set that discovery names. Arguments: issuers."""

import sys

from joserfc import jwt
from joserfc.jwk import KeySet
import requests

from browser import algorithm_of, discover, redeem, signed, tokens_of_login


def check(issuer):
    provider = discover(issuer)
    algorithms = sorted(provider["id_token_signing_alg_values_supported"])
    keys = KeySet.import_key_set(requests.get(provider["jwks_uri"]).json())

    def claims(token, audience, algorithms=algorithms):
        decoded = jwt.decode(token, keys, algorithms=algorithms)
        essential = {"iss": issuer, "aud": audience}
        wanted = {name: {"essential": True, "value": value} for name, value in essential.items()}
        jwt.JWTClaimsRegistry(**wanted, exp={"essential": True}).validate(decoded.claims)
        return decoded.claims

    granted = redeem(provider, grant_type="client_credentials", audience="orders", scope="orders:read")
    assert claims(granted["access_token"], "orders")["scope"] == "orders:read"
    print("client_credentials")

    tokens = tokens_of_login(provider, "n1")
    identity = claims(tokens["id_token"], "app")
    assert (identity["sub"], identity["nonce"]) == ("susan", "n1")
    print(f"ID token, {algorithm_of(tokens['id_token'])}")

    for algorithm in algorithms:
        assert claims(signed(issuer, algorithm), issuer, [algorithm])["sub"] == "susan"
        print(algorithm)


for issuer in sys.argv[1:]:
    check(issuer)
