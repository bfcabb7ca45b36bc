"""requests-oauthlib: code with PKCE, client_credentials and refresh. Arguments: issuers."""

import os
import sys

from oauthlib.oauth2 import BackendApplicationClient, InsecureTransportError, InvalidGrantError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session
import jwt

from browser import CALLBACK, algorithm_of, discover, log_in


def refused(error, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except error:
        return
    raise AssertionError(f"{call} is not refused")


def check(issuer):
    provider = discover(issuer)
    token_url = provider["token_endpoint"]
    keys = jwt.PyJWKClient(provider["jwks_uri"])

    def claims(token, audience):
        key = keys.get_signing_key_from_jwt(token)
        # The key says its algorithm, and the token has no say in it.
        return jwt.decode(token, key, algorithms=[key.algorithm_name], audience=audience, issuer=issuer)

    service = OAuth2Session(client=BackendApplicationClient("app", scope="orders:read orders:write"))
    os.environ.pop("OAUTHLIB_INSECURE_TRANSPORT", None)
    refused(InsecureTransportError, service.fetch_token, token_url, client_secret="secret")
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    print("plain HTTP has to be allowed, on loopback too")

    for name, how in {
        "Basic": {"auth": HTTPBasicAuth("app", "secret")},
        "form": {"client_secret": "secret", "include_client_id": True},
    }.items():
        token = service.fetch_token(token_url, audience="orders", **how)
        assert claims(token["access_token"], "orders")["scope"] == "orders:read orders:write"
        print(f"by {name}: client_credentials")

    session = OAuth2Session("app", redirect_uri=CALLBACK, scope="openid profile email offline_access", pkce="S256")
    address, state = session.authorization_url(provider["authorization_endpoint"], nonce="n1")
    token = session.fetch_token(token_url, authorization_response=log_in(address), client_secret="secret")
    identity = claims(token["id_token"], "app")
    assert (identity["sub"], identity["nonce"]) == ("susan", "n1")
    print(f"code and PKCE, {algorithm_of(token['id_token'])}")

    assert session.get(provider["userinfo_endpoint"]).json()["name"] == "susan"
    print("userinfo")

    authentication = HTTPBasicAuth("app", "secret")
    renewed = session.refresh_token(token_url, token["refresh_token"], auth=authentication)
    assert renewed["refresh_token"] != token["refresh_token"]
    for spent in [token, renewed]:
        refused(InvalidGrantError, session.refresh_token, token_url, spent["refresh_token"], auth=authentication)
    print("refresh, and a reused refresh token ends its family")


for issuer in sys.argv[1:]:
    check(issuer)
