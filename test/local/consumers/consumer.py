"""An app that uses Batch with a shared key and takes part in its rotation, by the client in `clients/python`.

For each Batch account it has one key, which follows the newest version and reports by itself. The app only calls Batch
with it, continuously, and prints what became of its calls. Here a minute of the client takes a fraction of a second.
"""

import itertools
import json
import os
import pathlib
import signal as signals
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "clients/python/src"))
if os.environ.get("NODE_EXTRA_CA_CERTS"):
    os.environ["SSL_CERT_FILE"] = os.environ["NODE_EXTRA_CA_CERTS"]

import batch_key_client  # noqa: E402
from batch_key_client import KeyUnavailable, Report, RotatingBatchKey, _http  # noqa: E402

ACCOUNTS = json.loads(os.environ["CONSUMER_ACCOUNTS"])
CONSUMER = os.environ["CONSUMER_NAME"]
INSTANCE = os.environ.get("CONSUMER_INSTANCE", "default")
CALLS_PER_SECOND = float(os.environ.get("CONSUMER_CALLS_PER_SECOND", "40"))
# The client reads the vault every 300 seconds.
SECOND = float(os.environ.get("CONSUMER_REFRESH_MS", "1500")) / 1000 / 300

stop = threading.Event()
lock = threading.Lock()
counts = {name: 0 for name in ("answered", "refused", "failed", "signalsAccepted", "signalsRefused", "vaultFailures")}
state = {"lastProblem": None}
refusals = {}
versions = {account["account"]: None for account in ACCOUNTS}
numbers = itertools.count(1)

# Identifies this app's requests in the logs of Azure.
_http.request_id = lambda: f"{CONSUMER}/{INSTANCE}/{next(numbers)}"


def count(name, problem=None):
    with lock:
        counts[name] += 1
        if problem is not None:
            state["lastProblem"] = problem


def log(event, account, _version, detail):
    names = {"reported": "signalsAccepted", "reportFailed": "signalsRefused", "vaultFailed": "vaultFailures"}
    if event in names:
        count(names[event], None if event == "reported" else f"{account}: {detail}")
    elif event != "switched":
        state["lastProblem"] = f"{account}: {detail}"


def call_url(account):
    """Where this app calls Batch, other than the client does of its own accord."""
    return f"https://{account['dataPlaneHost']}/pools?$select=id&api-version=2022-10-01.16.0&maxresults=1"


CALL_URLS = {call_url(account) for account in ACCOUNTS}


def send_counted(method, url, *rest):
    """A call that Batch refuses counts as refused, also where the client answers it with another key: a rotation must
    not need that."""
    status, body = _http.send(method, url, *rest)
    if url in CALL_URLS and status in (401, 403):
        note_refusal((rest[0] if rest else {}).get("authorization", ""))
    return status, body


def note_refusal(authorization):
    """The refused calls of each account, by its name in Batch: how many, and the instants of the first and the last."""
    name = authorization.removeprefix("SharedKey ").partition(":")[0]
    now = int(time.time() * 1000)
    count("refused")
    with lock:
        known = refusals.get(name, {"count": 0, "firstAt": now})
        refusals[name] = {"count": known["count"] + 1, "firstAt": known["firstAt"], "lastAt": now}


batch_key_client.send = send_counted


def key_of(account):
    report = Report(
        url=os.environ["CONSUMER_ROTATOR_URL"],
        key=os.environ["CONSUMER_SIGNAL_KEY"],
        account=account["account"],
        consumer=CONSUMER,
        instance=INSTANCE,
    )
    secret_url = f"{account['vaultUrl']}/secrets/{account['secretName']}"
    endpoint = f"https://{account['dataPlaneHost']}"
    return RotatingBatchKey(
        account["batchAccountName"], secret_url, endpoint=endpoint, report=report, logger=log, _second=SECOND
    )


def call_forever(account):
    key = key_of(account)
    url = call_url(account)
    key.on_change(lambda held: versions.update({account["account"]: held.version}))
    while not stop.is_set():
        began = time.monotonic()
        try:
            status, _ = key.request("GET", url, timeout=10)
            if status == 200:
                count("answered")
            elif status not in (401, 403):
                count("failed")
        except KeyUnavailable:
            pass  # Before the first version is published, there is no key.
        except OSError as problem:
            count("failed", f"call to {account['batchAccountName']}: {problem!r}")
        stop.wait(max(0.0, len(ACCOUNTS) / CALLS_PER_SECOND - (time.monotonic() - began)))
    key.close()


def print_counts():
    line = {"consumer": CONSUMER, "instance": INSTANCE, "language": "Python", **counts}
    print(json.dumps({**line, "refusals": refusals, "versions": versions, **state}), flush=True)


def main():
    signals.signal(signals.SIGTERM, lambda *_: stop.set())
    signals.signal(signals.SIGINT, lambda *_: stop.set())
    callers = [threading.Thread(target=call_forever, args=(account,), daemon=True) for account in ACCOUNTS]
    for thread in callers:
        thread.start()
    while not stop.wait(1.0):
        print_counts()
    for thread in callers:
        thread.join(timeout=10)
    print_counts()


if __name__ == "__main__":
    main()
