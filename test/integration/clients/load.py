"""For the test under load: an app that calls Batch all the time with one key until it is stopped."""

import json
import os
import random
import signal
import threading

from batch_key_client import Report, RotatingBatchKey, _http

settings = json.loads(os.environ["LOAD"])
counts = {"answered": 0, "refused": 0, "failed": 0, "refusals": 0}
stopped = threading.Event()
send = _http.send


FAULT_RATE = 0.05
RANDOM = random.Random(settings["seed"])


def faulty(method, url, *args, **options):
    """One of twenty requests fails: before or after its effect, with an error, or with a refusal of a right key."""
    if url.startswith(settings["report"]["url"]):
        return send(method, url, *args, **options)
    kind = RANDOM.randrange(4) if RANDOM.random() < FAULT_RATE else None
    if kind == 0:
        raise OSError("reset")
    answer = send(method, url, *args, **options)
    if kind == 1:
        raise OSError("reset")
    return (503, b"") if kind == 2 else (403, b"{") if kind == 3 else answer


def counting(*args, **options):
    """Counts the refusals that the client has seen, also those that it has hidden."""
    status, body = faulty(*args, **options)
    if status == 403:
        counts["refusals"] += 1
    return status, body


def main():
    import batch_key_client
    from batch_key_client import _report, _vault

    for module in (batch_key_client, _http, _report, _vault):
        module.send = counting
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    key = RotatingBatchKey(
        settings["account"],
        settings["secretUrl"],
        endpoint=settings["endpoint"],
        report=Report(**settings["report"]),
        _second=settings["secondMs"] / 1000,
    )
    url = f"{settings['endpoint']}/pools?$select=id&api-version=2022-10-01.16.0&maxresults=1"
    while not stopped.is_set():
        try:
            status, _ = key.request("GET", url, timeout=10)
            counts["answered" if status == 200 else "refused" if status in (401, 403) else "failed"] += 1
        except Exception:
            counts["failed"] += 1
        stopped.wait(0.04)
    key.close()
    print(json.dumps(counts), flush=True)


main()
