"""Reports of one instance to the rotator."""

import json
import os
import re
import socket
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Optional

from ._http import send, sign, words_of


@dataclass(frozen=True)
class Report:
    """Where to report, and as whom."""

    url: str
    """The rotator's address, which ends in `/api`."""
    key: str
    """The function key of `receiveSignal`."""
    account: str
    """The account's name in the rotator."""
    consumer: str
    """The app's name in `gate.consumers`."""
    instance: Optional[str] = None
    """The name of this process among the app's. Default: host and process id. Two that run at once need two names."""


def default_instance(suffix=None):
    host = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:100]
    return f"{host}-{os.getpid() if suffix is None else suffix}"


class Reporter:
    """Sends reports one at a time, each with a proof and a later instant than the one before."""

    def __init__(self, report, log):
        self._report, self._log = report, log
        self._instance = report.instance or default_instance()
        self._lock = threading.Lock()
        self._last = datetime.fromtimestamp(0, timezone.utc)

    def send(self, version, key, healthy, leaving=False):
        """Whether the rotator has accepted it. Never raises."""
        with self._lock:
            try:
                return self._send(version, key, healthy, leaving)
            except Exception as problem:  # pylint: disable=broad-except
                self._log("reportFailed", version, f"the rotator was not reached: {words_of(problem)}")
                return False

    def _send(self, version, key, healthy, leaving):
        to, instance = self._report, self._instance
        self._last = max(datetime.now(timezone.utc), self._last + timedelta(milliseconds=1))
        at = self._last.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        word = "leaving" if leaving else "true" if healthy else "false"
        lines = ["batch-key-proof-v1", to.account, to.consumer, instance, version, word, at]
        signal = {"consumer": to.consumer, "instance": instance, "secretVersion": version, "healthy": healthy, "at": at}
        if leaving:
            signal["leaving"] = True
        signal["proof"] = sign(key, "\n".join(lines))
        headers = {"content-type": "application/json", "x-functions-key": to.key}
        url = f"{to.url.rstrip('/')}/accounts/{to.account}/signals"
        status, body = send("POST", url, headers, json.dumps(signal).encode("utf-8"))
        if status == 202:
            self._log("reported", version, "has left" if leaving else "healthy" if healthy else "unhealthy")
            return True
        reason = re.search(rb'"reason":\s*"([A-Za-z]{1,64})"', body)
        why = reason.group(1).decode() if reason else ""
        self._log("reportFailed", version, f"the rotator answered {status} {why}")
        return False
