"""The key of one Batch account in this process: which version is in use, which one follows, and what is reported."""

import random
import threading
import time
from typing import NamedTuple, Optional
from urllib.parse import urlsplit

from ._http import prove, words_of


class HeldKey(NamedTuple):
    """A key and the version of the secret that it is; None where that is not known yet."""

    version: Optional[str]
    key: str


class KeyUnavailable(Exception):
    """There is no key: the vault has none, or cannot be read."""


class Store:
    """All clients for the same account, secret and instance share it: the rotator hears one word of an instance."""

    def __init__(self, account, endpoint, fallback_key, secret, reporter, log, second=1.0):
        self.account, self.endpoint, self._second = account, endpoint, second
        self._secret, self._reporter, self._log = secret, reporter, log
        self._lock = threading.RLock()
        self._recovering = threading.Lock()
        self.listeners = []
        self._held = HeldKey(None, fallback_key) if fallback_key else None
        self._before = None
        self._healthy = True
        self._accepted_at = None
        self._under_way = {}
        self._unseen = {}
        self._handed_out = False
        self._recovered_at, self._recovered = None, False
        self._owes_report, self._has_reported = True, False
        self._quiet_until, self._move_at = 0.0, None
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="batch-key-client", daemon=True)
        self._thread.start()

    # What is in use.

    def held(self):
        """The key of this moment. Waits only where none was ever read."""
        if self._held is None:
            self._refresh(True)
        held = self._held
        if held is None:
            raise KeyUnavailable(f"no key of {self.account}: the vault has none, or cannot be read")
        return held

    def learn(self, url):
        """Where the calls go; known from the first one on."""
        if self.endpoint is None:
            target = urlsplit(url)
            self.endpoint = f"{target.scheme}://{target.netloc}"
            self._wake.set()

    def begin(self, key):
        """A call begins of which the end is seen."""
        with self._lock:
            self._under_way[key] = self._under_way.get(key, 0) + 1

    def end(self, key, accepted):
        with self._lock:
            others = self._under_way.get(key, 1) - 1
            if others > 0:
                self._under_way[key] = others
            else:
                self._under_way.pop(key, None)
            if accepted and self._held and self._held.key == key:
                self._accept()

    def signed(self, key, for_good):
        """A call is signed of which the end is not seen. `for_good`: the key itself is handed out."""
        with self._lock:
            self._handed_out = self._handed_out or for_good
            self._unseen[key] = time.monotonic() + 30 * self._second

    def _use(self, held):
        with self._lock:
            self._before, self._held = self._held, held
            self._healthy, self._accepted_at, self._owes_report = True, None, True
            before, listeners = self._before, list(self.listeners)
            if before and self._handed_out:
                self._unseen[before.key] = time.monotonic() + 30 * self._second
        if before is None:
            return
        self._log("switched", held.version, f"from version {before.version or 'unknown'}")
        for listener in listeners:
            try:
                listener(held)
            except Exception:  # pylint: disable=broad-except
                pass  # It is the app's, and must not disturb the others.

    def _accept(self):
        with self._lock:
            if not self._healthy or self._accepted_at is None:
                self._owes_report = True
                self._wake.set()
            self._healthy, self._accepted_at = True, time.monotonic()

    # What the vault has.

    def _refresh(self, urgent):
        """Reads the newest version, and moves to it when Batch accepts it. Whether it has moved."""
        try:
            newest = self._secret.read(urgent)
        except Exception as problem:  # pylint: disable=broad-except
            version = self._held and self._held.version
            self._log("vaultFailed", version, f"the vault cannot be read: {words_of(problem)}")
            return False
        if newest is None or self._closed:
            return False
        newest = HeldKey(*newest)
        with self._lock:
            if self._held is None:
                self._use(newest)
            if self._held.key == newest.key:
                if self._held.version != newest.version:
                    self._held, self._owes_report = newest, True
                return False
        return self._move_to(newest)

    def _move_to(self, newest):
        proven = self._prove(newest.key)
        with self._lock:
            if self._closed or self._held.key == newest.key:
                return not self._closed
            if self.endpoint is not None and proven != "accepted":
                what = "refuses" if proven == "refused" else "cannot be asked about"
                self._log("unproven", newest.version, f"Batch {what} it yet")
                self._move_at = time.monotonic() + (5 + 5 * random.random()) * self._second
                return False
            self._use(newest)
            if self.endpoint is not None:
                self._accept()
            return True

    def _prove(self, key):
        return "unknown" if self.endpoint is None else prove(self.endpoint, self.account, key)

    def refused(self, key):
        """Batch has refused this key: finds one that it accepts. False where Batch refuses every key."""
        asked = time.monotonic()
        with self._recovering:
            held = self._held
            if held is None or held.key != key:
                return held is not None
            recent = self._recovered_at is not None and (
                self._recovered_at >= asked or time.monotonic() - self._recovered_at < self._second / 2
            )
            if not recent:
                self._recovered = self._recover(held)
                self._recovered_at = time.monotonic()
            return self._recovered

    def _recover(self, held):
        if self._refresh(True) or self._held.key != held.key:
            return True
        proven = self._prove(held.key)
        if proven == "accepted":
            self._accept()
        if proven != "refused":
            # Without an answer it is not known that the key is dead: the call is worth another try.
            return True
        if self._before and self._prove(self._before.key) == "accepted":
            self._use(self._before)
            self._accept()
            return True
        with self._lock:
            if self._healthy:
                self._log("refused", held.version, "Batch refuses the key, and there is no other one")
                self._healthy, self._owes_report = False, True
                self._wake.set()
        return False

    # What is reported.

    def _with_other(self, key):
        """Whether a call with another key may be under way."""
        with self._lock:
            now = time.monotonic()
            self._unseen = {other: until for other, until in self._unseen.items() if until > now}
            return any(other != key for other in [*self._under_way, *self._unseen])

    def _prove_again(self, held):
        """A report rests on a call of the last minute: where the app has made none that was seen, this makes one."""
        accepted_at = self._accepted_at
        if accepted_at is not None and time.monotonic() - accepted_at < 60 * self._second:
            return
        proven = self._prove(held.key)
        if self._held.key != held.key:
            return
        if proven == "accepted":
            self._healthy, self._accepted_at = True, time.monotonic()
        if proven == "refused":
            self.refused(held.key)

    def _report(self):
        if self._reporter is None or self._held is None:
            return
        self._prove_again(self._held)
        version, key = self._held
        healthy = self._healthy
        if version is None or (self._accepted_at is None and healthy) or self._closed:
            return
        if self._with_other(key):
            self._quiet_until = time.monotonic() + self._second
            return
        self._owes_report, self._has_reported = False, True
        if not self._reporter.send(version, key, healthy):
            self._owes_report = True
            self._quiet_until = time.monotonic() + 15 * self._second

    def _work(self):
        """The one thread of the store."""
        refresh_at = report_at = 0.0
        while not self._closed:
            now = time.monotonic()
            if now >= refresh_at:
                self._refresh(False)
                wait = 10 if self._held is None else 300 + 30 * random.random()
                refresh_at = time.monotonic() + wait * self._second
            elif self._moves_later(now):
                self._refresh(False)
            if now >= report_at or (self._owes_report and now >= self._quiet_until):
                before = time.monotonic()
                self._report()
                if now >= report_at:
                    report_at = before + 60 * self._second
            self._wake.wait(self._second)
            self._wake.clear()

    def _moves_later(self, now):
        """Tries a version again that Batch has not accepted yet: what the vault has answered last, without a call."""
        if self._move_at is None or now < self._move_at:
            return False
        self._move_at = None
        return True

    def close(self):
        if self._closed:
            return
        self._closed = True
        self._wake.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=15)
        held = self._held
        if self._has_reported and held and held.version:
            self._reporter.send(held.version, held.key, self._healthy, leaving=True)
