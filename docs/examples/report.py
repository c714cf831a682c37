"""Reports to the rotator once which version of the secret this instance uses, and whether it works.

Standard library only. Run it on a schedule beside an app that cannot be changed, or copy its functions into your app.
"""

import base64
import hashlib
import hmac
import json
import os
import ssl
import sys
from datetime import datetime, timezone
from email.utils import formatdate
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

TLS = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE"))


def send(url, headers, body=None):
    """Status and body, for any status."""
    try:
        with urlopen(Request(url, data=body, headers=headers), timeout=30, context=TLS) as response:
            return response.status, response.read()
    except HTTPError as refused:
        return refused.code, refused.read()


def vault_token():
    """A token of the managed identity of App Service or Functions, or otherwise of the virtual machine."""
    resource = quote("https://vault.azure.net", safe="")
    endpoint = os.environ.get("IDENTITY_ENDPOINT")
    if endpoint:
        url = f"{endpoint}?api-version=2019-08-01&resource={resource}"
        headers = {"x-identity-header": os.environ["IDENTITY_HEADER"]}
    else:
        host = os.environ.get("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://169.254.169.254")
        url = f"{host}/metadata/identity/oauth2/token?api-version=2018-02-01&resource={resource}"
        headers = {"metadata": "true"}
    return json.loads(send(url, headers)[1])["access_token"]


def get(token, url):
    status, body = send(url, {"authorization": f"Bearer {token}"})
    return json.loads(body) if status == 200 else None


def secret_url(path):
    return f"{os.environ['VAULT_URL']}/secrets/{os.environ['SECRET_NAME']}{path}?api-version=7.4"


def read(token, path):
    """(version, key), or None."""
    secret = get(token, secret_url(path))
    return secret and (secret["id"].split("/")[-1], secret["value"])


def versions(token):
    """The ids of all versions, in any order: the vault lists 25 of them on a page."""
    url = secret_url("/versions")
    while url:
        page = get(token, url) or {"value": []}
        yield from (item["id"].split("/")[-1] for item in page["value"])
        url = page.get("nextLink")


def held(token):
    """The key that this instance holds, with its version.

    A file or an app setting gives no version: the vault is searched for the key.
    """
    key = os.environ.get("BATCH_KEY")
    if "BATCH_KEY_FILE" in os.environ:
        with open(os.environ["BATCH_KEY_FILE"], encoding="ascii") as file:
            key = file.read().strip()
    newest = read(token, "")
    if key is None or (newest and newest[1] == key):
        return newest
    for name in versions(token):
        version = read(token, "/" + name)
        if version and version[1] == key:
            return version
    return None


def sign(key, text):
    digest = hmac.new(base64.b64decode(key), text.encode("utf-8"), hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def works(key):
    """Replace this with a check that your app works with this key."""
    account, date = os.environ["BATCH_ACCOUNT"], formatdate(usegmt=True)
    query = [("$select", "id"), ("api-version", "2022-10-01.16.0"), ("maxresults", "1")]
    text = "GET" + "\n" * 12 + f"ocp-date:{date}\n/{account}/pools"
    text += "".join(f"\n{name}:{value}" for name, value in query)
    url = f"https://{os.environ['BATCH_ENDPOINT']}/pools?" + "&".join(f"{name}={value}" for name, value in query)
    return send(url, {"ocp-date": date, "authorization": f"SharedKey {account}:{sign(key, text)}"})[0] == 200


def report_once():
    """Whether the rotator has accepted the report."""
    holds = held(vault_token())
    if holds is None:
        raise LookupError("the vault has no enabled version with the key that this instance holds")
    version, key = holds
    account, consumer = os.environ["ACCOUNT"], os.environ["CONSUMER"]
    instance, healthy = os.environ.get("INSTANCE", "default"), works(key)
    at = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    lines = ["batch-key-proof-v1", account, consumer, instance, version, "true" if healthy else "false", at]
    signal = {
        "consumer": consumer,
        "instance": instance,
        "secretVersion": version,
        "healthy": healthy,
        "at": at,
        "proof": sign(key, "\n".join(lines)),
    }
    headers = {"content-type": "application/json", "x-functions-key": os.environ["ROTATOR_KEY"]}
    url = f"{os.environ['ROTATOR_URL']}/accounts/{account}/signals"
    status, answer = send(url, headers, json.dumps(signal).encode("utf-8"))
    print(status, answer.decode("utf-8"))
    return status == 202


def report():
    """Never raises: an app must not stop because it cannot report. Call it from a thread of its own."""
    try:
        return report_once()
    except Exception as problem:  # pylint: disable=broad-except
        print(f"the report has failed: {problem!r}", file=sys.stderr)
        return False


if __name__ == "__main__":
    sys.exit(0 if report() else 1)
