"""What a browser without JavaScript does, for scripts that test a client library, and what the libraries that only
verify tokens need to get some."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit
import base64
import json
import time

import requests

CALLBACK = "http://127.0.0.1:3000/callback"


class Form(HTMLParser):
    """The address and the hidden inputs of a page's form."""

    def __init__(self, page):
        super().__init__()
        self.fields = {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        of = dict(attributes)
        if tag == "form":
            self.action = of["action"]
        elif tag == "input" and of.get("type") == "hidden":
            self.fields[of["name"]] = of["value"]


def log_in(authorization_url):
    """Logs susan in, and returns the callback URL that the browser would go to."""
    page = requests.get(authorization_url)
    assert page.status_code == 200, page.text
    form = Form(page.text)
    fields = {**form.fields, "username": "susan", "password": "secret"}
    sent = requests.post(urljoin(page.url, form.action), data=fields, allow_redirects=False)
    assert sent.status_code == 303, sent.text
    return sent.headers["Location"]


def algorithm_of(token):
    """What a token says that it is signed with."""
    return json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["alg"]


def discover(issuer):
    return requests.get(f"{issuer}/.well-known/openid-configuration").json()


def redeem(provider, **form):
    """The answer of the token endpoint to this form, from the confidential client `app`."""
    answer = requests.post(provider["token_endpoint"], data=form, auth=("app", "secret"))
    assert answer.ok, answer.text
    return answer.json()


def tokens_of_login(provider, nonce):
    asked = {"response_type": "code", "client_id": "app", "redirect_uri": CALLBACK, "scope": "openid", "nonce": nonce}
    address = requests.Request("GET", provider["authorization_endpoint"], params=asked).prepare().url
    code = parse_qs(urlsplit(log_in(address)).query)["code"][0]
    return redeem(provider, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)


def signed(issuer, algorithm):
    """A token of test mode, signed with the issuer's bearer key of this algorithm."""
    now = int(time.time())
    claims = {"iss": issuer, "aud": issuer, "sub": "susan", "iat": now, "exp": now + 60}
    answer = requests.post(f"{issuer}/test/sign", json={"key": "bearer", "algorithm": algorithm, "claims": claims})
    assert answer.ok, answer.text
    return answer.json()["token"]
