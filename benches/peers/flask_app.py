"""The peer that the tutorial describes: Flask with PyJWT, the token in the signed session, the RSA key read for each request.

`KEYS=folder gunicorn --workers 2 flask_app:app`, with the RSA pair of that folder as `private.pem` and `public.pem`.
"""

import datetime
import os
import pathlib

import jwt
from flask import Flask, redirect, session

KEYS = pathlib.Path(os.environ["KEYS"])
SECRET = "a secret of thirty-two bytes, no less"

app = Flask(__name__)
app.secret_key = "another secret of thirty-two bytes"


def key(name, half):
    return SECRET if name == "hs256" else (KEYS / f"{half}.pem").read_bytes()


@app.get("/<name>/generate")
def generate(name):
    now = datetime.datetime.now(datetime.UTC)
    claims = {"sub": "bob", "iat": now, "exp": now + datetime.timedelta(days=1)}
    session["token"] = jwt.encode(claims, key(name, "private"), algorithm=name.upper())
    return redirect("/Token%20Generated%20successfully!!")


@app.get("/<name>/validate")
def validate(name):
    try:
        claims = jwt.decode(session["token"], key(name, "public"), algorithms=[name.upper()])
    except (KeyError, jwt.InvalidTokenError):
        return redirect("/Invalid%20token")
    return redirect("/" + claims["sub"])
