"""Authlib's Flask client, with discovery from the issuer alone. Arguments: issuers. One line for each step that
worked."""

import sys

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, jsonify, url_for

from browser import algorithm_of, log_in


def check(issuer):
    app = Flask(__name__)
    app.secret_key = "of this test"
    oauth = OAuth(app)
    oauth.register(
        "hallpass",
        client_id="app",
        client_secret="secret",
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile email offline_access", "code_challenge_method": "S256"},
    )

    @app.get("/login")
    def login():
        return oauth.hallpass.authorize_redirect(url_for("callback", _external=True))

    @app.get("/callback")
    def callback():
        """The library checks `state`, redeems the code, and checks key, `iss`, `aud`, `nonce` and `at_hash` of the ID
        token."""
        return jsonify(oauth.hallpass.authorize_access_token())

    def refused(error, call, *arguments, **named):
        try:
            call(*arguments, **named)
        except OAuthError as raised:
            assert raised.error == error, raised
        else:
            raise AssertionError(f"{call} is not refused")

    browser = app.test_client()
    back = log_in(browser.get("/login").location)
    answer = browser.get(back)
    assert answer.status_code == 200, answer.text
    token = answer.json
    user = token["userinfo"]
    assert user["sub"] == "susan" and user["nonce"] and user["at_hash"], user
    print(f"Flask: code and PKCE, ID token with nonce and at_hash, {algorithm_of(token['id_token'])}")

    with app.test_request_context():
        assert oauth.hallpass.userinfo(token=token)["email"] == "susan@example.test"
        metadata = oauth.hallpass.load_server_metadata()
    print("Flask: userinfo")

    # Authlib does not form-encode what it sends by Basic, so the odd id goes into the form.
    for method, client_id in {"client_secret_basic": "app", "client_secret_post": "my+app:é%2B"}.items():
        methods = {"token_endpoint_auth_method": method, "revocation_endpoint_auth_method": method}
        session = OAuth2Session(client_id, "secret", scope="orders:read", **methods)
        granted = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", audience="orders")
        assert granted["scope"] == "orders:read", granted
        found = session.introspect_token(metadata["introspection_endpoint"], token=granted["access_token"]).json()
        assert found["active"] and found["aud"] == "orders" and found["sub"] == client_id, found
        assert session.revoke_token(metadata["revocation_endpoint"], token=granted["access_token"]).status_code == 200
        found = session.introspect_token(metadata["introspection_endpoint"], token=granted["access_token"]).json()
        assert found == {"active": False}, found
        print(f"{method}: client_credentials, introspection and revocation")

    session = OAuth2Session("app", "secret")
    renewed = session.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
    refused("invalid_grant", session.refresh_token, metadata["token_endpoint"], refresh_token=token["refresh_token"])
    refused("invalid_grant", session.refresh_token, metadata["token_endpoint"], refresh_token=renewed["refresh_token"])
    print("refresh, and a reused refresh token ends its family")


for issuer in sys.argv[1:]:
    check(issuer)
