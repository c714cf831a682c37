"""An app that uses Batch with a shared key and takes part in its rotation. Standard library only: copy what you need.

For each Batch account it does three things at the same time:
1. It calls Batch continuously, signed with its key.
2. It reads the newest version of the secret every second or two, and keeps its key while the vault fails.
3. It reports its version, and whether it works, to the rotator every second and at once after a change.

Important: it reports a version only after a call with it has ended. Then no call with the old key is under way.
"""

import base64
import hashlib
import hmac
import http.client
import json
import os
import random
import signal as signals
import ssl
import threading
import time
from datetime import datetime, timezone
from email.utils import formatdate
from urllib.parse import quote, urlsplit

ACCOUNTS = json.loads(os.environ["CONSUMER_ACCOUNTS"])
ROTATOR_URL = os.environ["CONSUMER_ROTATOR_URL"]
SIGNAL_KEY = os.environ["CONSUMER_SIGNAL_KEY"]
CONSUMER = os.environ["CONSUMER_NAME"]
INSTANCE = os.environ.get("CONSUMER_INSTANCE", "default")
REFRESH_SECONDS = float(os.environ.get("CONSUMER_REFRESH_MS", "1500")) / 1000
CALLS_PER_SECOND = float(os.environ.get("CONSUMER_CALLS_PER_SECOND", "40"))
IDENTITY_ENDPOINT = os.environ["IDENTITY_ENDPOINT"]
IDENTITY_HEADER = os.environ["IDENTITY_HEADER"]

TLS = ssl.create_default_context()
if os.environ.get("NODE_EXTRA_CA_CERTS"):
    TLS.load_verify_locations(cafile=os.environ["NODE_EXTRA_CA_CERTS"])

stop = threading.Event()


class Counters:
    def __init__(self):
        self._lock = threading.Lock()
        self._requests = 0
        self.last_problem = None
        self.counts = {
            name: 0
            for name in ("answered", "refused", "failed", "signalsAccepted", "signalsRefused", "vaultFailures")
        }

    def add(self, name, problem=None):
        with self._lock:
            self.counts[name] += 1
            if problem is not None:
                self.last_problem = problem

    def request_id(self):
        """Identifies this app's requests in the logs of Azure."""
        with self._lock:
            self._requests += 1
            name = f"{CONSUMER}/{INSTANCE}/{self._requests}"
        return {"x-ms-client-request-id": name, "client-request-id": name}


counters = Counters()


class Connection:
    """One kept-alive connection to one host, used by one thread."""

    def __init__(self, url, timeout=10):
        parts = urlsplit(url)
        self.path = parts.path.rstrip("/")
        if parts.scheme == "https":
            self._http = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout, context=TLS)
        else:
            self._http = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)

    def send(self, method, target, headers, body=None):
        try:
            self._http.request(method, self.path + target, body=body, headers=headers)
            response = self._http.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            self._http.close()
            raise


class VaultToken:
    """A managed identity token for Key Vault, cached until shortly before it expires."""

    def __init__(self):
        self._lock = threading.Lock()
        self._value = None
        self._expires_at = 0.0

    def get(self):
        with self._lock:
            if self._value is None or self._expires_at - time.time() < 300:
                resource = quote("https://vault.azure.net", safe="")
                target = f"?api-version=2019-08-01&resource={resource}"
                headers = {"x-identity-header": IDENTITY_HEADER, **counters.request_id()}
                status, body = Connection(IDENTITY_ENDPOINT).send("GET", target, headers)
                if status != 200:
                    raise OSError(f"the identity endpoint answered {status}")
                answer = json.loads(body)
                self._value, self._expires_at = answer["access_token"], float(answer["expires_on"])
            return self._value

    def forget(self):
        with self._lock:
            self._value = None


vault_token = VaultToken()


def mac(key, text):
    digest = hmac.new(base64.b64decode(key), text.encode("utf-8"), hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


class AccountClient:
    def __init__(self, account):
        self.account = account
        self.name = account["account"]
        self.held = None  # (version, key)
        self.last_call = None  # (version, key, worked) of the latest completed call
        self.called = threading.Condition()
        self.signal_lock = threading.Lock()
        self.batch = Connection(f"https://{account['dataPlaneHost']}")
        self.vault = Connection(account["vaultUrl"])
        self.rotator = Connection(ROTATOR_URL, timeout=30)

    def read_secret(self):
        """The newest version and its key; None if there is none."""
        headers = {"authorization": f"Bearer {vault_token.get()}", **counters.request_id()}
        status, body = self.vault.send("GET", f"/secrets/{self.account['secretName']}?api-version=7.4", headers)
        if status == 404:
            return None
        if status == 401:
            vault_token.forget()
        if status != 200:
            raise OSError(f"the vault answered {status}")
        answer = json.loads(body)
        return answer["id"].split("/")[-1], answer["value"]

    def list_pools(self, key):
        """One shared key call; see "authenticate requests to the Azure Batch service" in Microsoft's documentation."""
        name, date = self.account["batchAccountName"], formatdate(usegmt=True)
        query = [("$select", "id"), ("api-version", "2022-10-01.16.0"), ("maxresults", "1")]
        to_sign = "GET" + "\n" * 12 + f"ocp-date:{date}\n/{name}/pools" + "".join(f"\n{n}:{v}" for n, v in query)
        headers = {"ocp-date": date, "authorization": f"SharedKey {name}:{mac(key, to_sign)}", **counters.request_id()}
        status, _ = self.batch.send("GET", "/pools?" + "&".join(f"{n}={v}" for n, v in query), headers)
        return status

    def signal(self):
        """Reports the result of the latest call to the rotator."""
        with self.signal_lock:
            if self.last_call is None:
                return
            version, key, healthy = self.last_call
            at = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            lines = ["batch-key-proof-v1", self.name, CONSUMER, INSTANCE, version, "true" if healthy else "false", at]
            body = {"consumer": CONSUMER, "instance": INSTANCE, "secretVersion": version, "healthy": healthy, "at": at}
            body["proof"] = mac(key, "\n".join(lines))
            headers = {"content-type": "application/json", "x-functions-key": SIGNAL_KEY}
            try:
                target = f"/accounts/{self.name}/signals"
                status, text = self.rotator.send("POST", target, headers, json.dumps(body).encode("utf-8"))
            except (OSError, http.client.HTTPException) as problem:
                # The rotator may be down: the app continues and signals again in a second.
                counters.add("signalsRefused", f"signal for {self.name}: {problem!r}")
                return
            if status == 202:
                counters.add("signalsAccepted")
            else:
                answer = text[:300].decode("utf-8", "replace")
                counters.add("signalsRefused", f"signal for {self.name}: {status} {answer}")

    def call_forever(self):
        while not stop.is_set():
            began = time.monotonic()
            if self.held is not None:
                version, key = self.held
                try:
                    status = self.list_pools(key)
                    refused = status in (401, 403)
                    counters.add("answered" if status == 200 else "refused" if refused else "failed")
                except (OSError, http.client.HTTPException) as problem:
                    status = None
                    counters.add("failed", f"call to {self.account['batchAccountName']}: {problem!r}")
                with self.called:
                    self.last_call = (version, key, status == 200)
                    self.called.notify_all()
            stop.wait(max(0.0, len(ACCOUNTS) / CALLS_PER_SECOND - (time.monotonic() - began)))

    def refresh_forever(self):
        while not stop.is_set():
            try:
                newest = self.read_secret()
            except (OSError, ValueError, KeyError, http.client.HTTPException) as problem:
                counters.add("vaultFailures", f"secret of {self.name}: {problem!r}")
                newest = None
            if newest is not None and (self.held is None or newest[0] != self.held[0]):
                self.held = newest
                # Calls are sequential: when the first with the new key has ended, none with the old one is under way.
                with self.called:
                    while not stop.is_set() and (self.last_call is None or self.last_call[0] != newest[0]):
                        self.called.wait(0.2)
                self.signal()
            # Random delays, so that many instances do not read at the same time.
            stop.wait(REFRESH_SECONDS * random.uniform(0.8, 1.2))

    def signal_forever(self):
        while not stop.is_set():
            self.signal()
            stop.wait(1.0)


def report(clients):
    versions = {client.name: client.held[0] if client.held else None for client in clients}
    line = {"consumer": CONSUMER, "instance": INSTANCE, "language": "Python", **counters.counts}
    print(json.dumps({**line, "versions": versions, "lastProblem": counters.last_problem}), flush=True)


def main():
    signals.signal(signals.SIGTERM, lambda *_: stop.set())
    signals.signal(signals.SIGINT, lambda *_: stop.set())
    clients = [AccountClient(account) for account in ACCOUNTS]
    callers = [threading.Thread(target=client.call_forever, daemon=True) for client in clients]
    others = [
        threading.Thread(target=loop, daemon=True)
        for client in clients
        for loop in (client.refresh_forever, client.signal_forever)
    ]
    for thread in callers + others:
        thread.start()
    while not stop.wait(1.0):
        report(clients)
    # Calls to Batch are completed; requests to the vault and the rotator are abandoned.
    for thread in callers:
        thread.join(timeout=10)
    report(clients)


if __name__ == "__main__":
    main()
