"""Requests with a time limit, and the signature of Batch. Standard library only."""

import base64
import functools
import hashlib
import hmac
import os
import ssl
from email.utils import formatdate
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

SIGNED_HEADERS = (
    "content-encoding content-language content-length content-md5 content-type date "
    "if-modified-since if-match if-none-match if-unmodified-since range"
).split()


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry a signature or a token elsewhere."""

    def redirect_request(self, *_args):
        return None


request_id = None
"""A function that names each request in the logs of Azure; for tests."""


@functools.lru_cache(maxsize=4)
def _opener(cafile):
    return build_opener(_NoRedirect, HTTPSHandler(context=ssl.create_default_context(cafile=cafile)))


def send(method, url, headers=None, body=None, timeout=10):
    """Status and body, for any status. Raises OSError where there is no answer, or only a part of it."""
    request = Request(url, data=body, headers=headers or {}, method=method)
    if request_id is not None:
        for name in ("x-ms-client-request-id", "client-request-id"):
            request.add_header(name, request_id())
    try:
        with _opener(os.environ.get("SSL_CERT_FILE") or None).open(request, timeout=timeout) as response:
            return response.status, response.read()
    except HTTPError as refused:
        with refused:
            return refused.code, refused.read()
    except HTTPException as problem:
        raise OSError("the answer was cut short") from problem


def sign(key, text):
    digest = hmac.new(base64.b64decode(key), text.encode("utf-8"), hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def signed_headers(account, key, method, url, headers=None, body=None):
    """The given headers with those that sign the request, in lower case.

    https://learn.microsoft.com/rest/api/batchservice/authenticate-requests-to-the-azure-batch-service
    """
    given = {name.lower(): str(value) for name, value in (headers or {}).items()}
    given["ocp-date"] = formatdate(usegmt=True)
    given.pop("authorization", None)
    length = str(len(body)) if body else ("0" if method.upper() == "POST" else "")
    values = {"content-length": length, **given, "date": ""}
    target = urlsplit(url)
    lines = [method.upper()] + [values.get(name, "") for name in SIGNED_HEADERS]
    lines += [f"{name}:{given[name]}" for name in sorted(given) if name.startswith("ocp-")]
    lines.append(f"/{account}{target.path}")
    lines += [f"{name}:{value}" for name, value in sorted(parse_qsl(target.query, keep_blank_values=True))]
    given["authorization"] = f"SharedKey {account}:{sign(key, chr(10).join(lines))}"
    return given


def is_refusal(status):
    """Whether Batch refuses the key itself."""
    return status in (401, 403)


def prove(endpoint, account, key):
    """One signed, reading call: "accepted", "refused" or, without such an answer, "unknown"."""
    url = f"{endpoint.rstrip('/')}/pools?$select=id&api-version=2022-10-01.16.0&maxresults=1"
    try:
        status, _ = send("GET", url, signed_headers(account, key, "GET", url))
    except OSError:
        return "unknown"
    return "refused" if is_refusal(status) else "accepted" if status < 400 else "unknown"


def words_of(problem):
    """In words that quote nothing that was sent."""
    reason = getattr(problem, "reason", problem)
    return type(reason).__name__
