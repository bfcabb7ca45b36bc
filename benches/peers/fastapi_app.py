"""The peer in asynchronous Python: FastAPI with PyJWT, the token in a plain HttpOnly cookie, the keys parsed once.

`KEYS=folder uvicorn --workers 2 fastapi_app:app`, with the RSA pair of that folder as `private.pem` and `public.pem`.
"""

import datetime
import os
import pathlib

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse

PRIVATE = load_pem_private_key(pathlib.Path(os.environ["KEYS"], "private.pem").read_bytes(), None)
SECRET = "a secret of thirty-two bytes, no less"
PAIRS = {"hs256": (SECRET, SECRET), "rs256": (PRIVATE, PRIVATE.public_key())}

app = FastAPI()


@app.get("/{name}/generate")
async def generate(name: str):
    now = datetime.datetime.now(datetime.UTC)
    claims = {"sub": "bob", "iat": now, "exp": now + datetime.timedelta(days=1)}
    response = RedirectResponse("/Token%20Generated%20successfully!!", 302)
    response.set_cookie("token", jwt.encode(claims, PAIRS[name][0], algorithm=name.upper()), httponly=True)
    return response


@app.get("/{name}/validate")
async def validate(name: str, request: Request):
    try:
        claims = jwt.decode(request.cookies["token"], PAIRS[name][1], algorithms=[name.upper()])
    except (KeyError, jwt.InvalidTokenError):
        return RedirectResponse("/Invalid%20token", 302)
    return RedirectResponse("/" + claims["sub"], 302)
