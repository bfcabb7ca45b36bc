"""requests-oauthlib: code with PKCE, client_credentials and refresh. Arguments: issuer."""

import os
import sys

# oauthlib refuses plain HTTP without it, on loopback too.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

from oauthlib.oauth2 import BackendApplicationClient, InvalidGrantError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session
import jwt

from browser import CALLBACK, discover, log_in

issuer = sys.argv[1]
provider = discover(issuer)
token_url = provider["token_endpoint"]
keys = jwt.PyJWKClient(provider["jwks_uri"])


def claims(token, audience):
    key = keys.get_signing_key_from_jwt(token)
    return jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=issuer)


service = OAuth2Session(client=BackendApplicationClient("app", scope="orders:read orders:write"))
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
print("code and PKCE")

assert session.get(provider["userinfo_endpoint"]).json()["name"] == "susan"
print("userinfo")

authentication = HTTPBasicAuth("app", "secret")
renewed = session.refresh_token(token_url, token["refresh_token"], auth=authentication)
assert renewed["refresh_token"] != token["refresh_token"]
for spent in [token, renewed]:
    try:
        session.refresh_token(token_url, spent["refresh_token"], auth=authentication)
    except InvalidGrantError:
        continue
    raise AssertionError("not refused")
print("refresh, and a reused refresh token ends its family")
