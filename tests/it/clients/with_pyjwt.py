"""PyJWT verifies access tokens and ID tokens with the key set that discovery names. Arguments: issuers."""

import base64
import hashlib
import sys

import jwt

from browser import algorithm_of, discover, redeem, signed, tokens_of_login


def hash_of(algorithm, token):
    """As PyJWT's documentation says to compute `at_hash`. It has no hash for EdDSA, and Ed25519 uses SHA-512."""
    if algorithm == "EdDSA":
        return hashlib.sha512(token).digest()
    return jwt.get_algorithm_by_name(algorithm).compute_hash_digest(token)


def check(issuer):
    provider = discover(issuer)
    algorithms = sorted(provider["id_token_signing_alg_values_supported"])
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
    digest = hash_of(identity["header"]["alg"], tokens["access_token"].encode())
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    assert identity["payload"]["at_hash"] == half
    print(f"ID token with nonce and at_hash, {algorithm_of(tokens['id_token'])}")

    for algorithm in algorithms:
        assert verified(signed(issuer, algorithm), issuer, [algorithm])["payload"]["sub"] == "susan"
        print(algorithm)


for issuer in sys.argv[1:]:
    check(issuer)
