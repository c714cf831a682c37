"""The newest version of the secret, and tokens of the managed identity."""

import json
import os
import re
import threading
import time
from urllib.parse import quote, urlsplit

from ._http import send

API = "api-version=7.4"


class VaultError(Exception):
    """The vault has not answered with a secret. Its words quote nothing of the answer."""


class ManagedIdentity:
    """The managed identity of App Service, Functions or Container Apps, or otherwise of the virtual machine."""

    def __init__(self):
        self._token = None
        self._until = 0.0

    def get_token(self, scope):
        if time.time() < self._until:
            return self._token
        resource = scope[: -len("/.default")] if scope.endswith("/.default") else scope
        query = f"resource={quote(resource, safe='')}"
        if os.environ.get("AZURE_CLIENT_ID"):
            query += f"&client_id={quote(os.environ['AZURE_CLIENT_ID'], safe='')}"
        endpoint = os.environ.get("IDENTITY_ENDPOINT")
        if endpoint:
            url = f"{endpoint}?api-version=2019-08-01&{query}"
            headers = {"x-identity-header": os.environ.get("IDENTITY_HEADER", "")}
        else:
            host = os.environ.get("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://169.254.169.254")
            url = f"{host}/metadata/identity/oauth2/token?api-version=2018-02-01&{query}"
            headers = {"metadata": "true"}
        status, body = send("GET", url, headers)
        if status != 200:
            raise VaultError(f"no token of the managed identity: {status}")
        answer = json.loads(body)
        self._token, self._until = answer["access_token"], float(answer["expires_on"]) - 300
        return self._token


class FixedToken:
    """A token that the caller has."""

    def __init__(self, token):
        self._token = token

    def get_token(self, _scope):
        return self._token


def plain_secret_url(given):
    """Raises ValueError where it is no address of a secret without a version."""
    target = urlsplit(given)
    match = re.fullmatch(r"/secrets/([^/]+)/?", target.path)
    if not match or not target.netloc:
        raise ValueError("secret_url must end in /secrets/NAME, without a version")
    return f"{target.scheme}://{target.netloc}/secrets/{match.group(1)}"


def scope_of(secret_url):
    """Public clouds: the audience is the vault's domain. Any other host is an emulator or a private name."""
    match = re.search(r"\.(vault\.(?:azure\.net|azure\.cn|usgovcloudapi\.net))$", urlsplit(secret_url).hostname or "")
    return f"https://{match.group(1) if match else 'vault.azure.net'}/.default"


def _get(credential, secret_url, url):
    token = credential.get_token(scope_of(secret_url))
    status, body = send("GET", url, {"authorization": f"Bearer {getattr(token, 'token', token)}"})
    if status == 404:
        return None
    if status != 200:
        raise VaultError(f"it answered {status}")
    return json.loads(body)


def read_version(credential, secret_url, path=""):
    """(version, key) of the newest version, or of that in `path`; None where there is none."""
    secret = _get(credential, secret_url, f"{secret_url}{path}?{API}")
    return secret and (secret["id"].split("/")[-1], secret["value"])


def find_version(credential, secret_url, key):
    """The version that holds this key; the vault lists 25 versions on a page. None for none."""
    newest = read_version(credential, secret_url)
    if newest and newest[1] == key:
        return newest
    url = f"{secret_url}/versions?{API}"
    while url:
        page = _get(credential, secret_url, url) or {"value": []}
        for item in page["value"]:
            try:
                version = read_version(credential, secret_url, "/" + item["id"].split("/")[-1])
            except VaultError:
                continue
            if version and version[1] == key:
                return version
        url = page.get("nextLink")
    return None


class SecretReader:
    """The newest version of one secret, for all clients of a process: they share one call every five minutes.

    After a refusal the vault is asked at once; where it has nothing new, the next such call waits a second, then two,
    up to a minute, so that many refusals do not become many calls.
    """

    def __init__(self, credential, secret_url, second=1.0):
        self._credential, self._url, self._second = credential, secret_url, second
        self._lock = threading.Lock()
        self._at = None
        self._answer = None
        self._wait = 0.0
        self._newest = None

    def read(self, urgent):
        """(version, key) or None. Raises where the vault cannot be read.

        `urgent`: a key is refused, or there is none.
        """
        asked = time.monotonic()
        with self._lock:
            max_age = self._wait if urgent else 300 * self._second
            # What was read while this call waited for the lock is as new as can be.
            if self._at is not None and (self._at >= asked or time.monotonic() - self._at < max_age):
                return self._result()
            self._at = time.monotonic()
            try:
                self._answer = (read_version(self._credential, self._url), None)
            except Exception as problem:  # pylint: disable=broad-except
                self._answer = (None, problem)
            self._settle(urgent)
            return self._result()

    def _settle(self, urgent):
        version = self._answer[0][0] if self._answer[0] else None
        if not urgent or (version is not None and version != self._newest):
            self._wait = 0.0
        else:
            self._wait = min(max(self._wait * 2, self._second), 60 * self._second)
        if version is not None:
            self._newest = version

    def _result(self):
        found, problem = self._answer
        if problem is not None:
            raise problem
        return found
