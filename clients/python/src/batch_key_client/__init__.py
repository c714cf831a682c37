"""A Batch key that follows the newest version of its secret, and reports to batch-key-rotator which version it uses."""

import atexit
import threading

from ._http import is_refusal, send, signed_headers
from ._report import Report, Reporter, default_instance
from ._store import HeldKey, KeyUnavailable, Store
from ._vault import ManagedIdentity, SecretReader, plain_secret_url

__all__ = ["HeldKey", "KeyUnavailable", "ManagedIdentity", "Report", "RotatingBatchKey"]

_lock = threading.RLock()
_readers = {}
_stores = {}

_MAX_SENDS = 5


class RotatingBatchKey:
    """Objects for the same account, secret and instance share their state within a process.

    For azure-batch up to 14 it is itself the credential. For azure-batch 15 and newer use `as_named_key()`.
    """

    def __init__(
        self,
        account,
        secret_url,
        credential=None,
        endpoint=None,
        report=None,
        fallback_key=None,
        logger=None,
        _second=1.0,
    ):
        """`credential`: one of azure-identity; default: the managed identity.

        `endpoint`: https://ACCOUNT.REGION.batch.azure.com; default: that of the first signed request.
        `report`: without it nothing is reported. `fallback_key`: the key to begin with while the vault is out of reach.
        `logger(event, account, version, detail)` is called with words that contain no key. `_second`: for tests.
        """
        url = plain_secret_url(secret_url)
        self.account, self._second, self._open = account, _second, True
        self._id = (account, url, report and (report.url, report.account, report.consumer, report.instance))
        self._own = []

        def log(event, version, detail):
            try:
                if logger:
                    logger(event, account, version, detail)
            except Exception:  # pylint: disable=broad-except
                pass  # It is the app's.

        with _lock:
            if url not in _readers:
                _readers[url] = SecretReader(credential or ManagedIdentity(), url, _second)
            if self._id not in _stores:
                reporter = Reporter(report, log) if report else None
                _stores[self._id] = [Store(account, endpoint, fallback_key, _readers[url], reporter, log, _second), 0]
            _stores[self._id][1] += 1
            self._store = _stores[self._id][0]

    def sign(self, method, url, headers=None, body=None):
        """The headers of the request, with its signature."""
        held = self._store.held()
        self._store.signed(held.key, False)
        return self._headers(held, method, url, headers, body)

    def request(self, method, url, headers=None, body=None, timeout=30):
        """Status and body of a signed request, which is repeated with the next key where Batch refuses this one."""
        for sends in range(1, _MAX_SENDS + 1):
            held = self._store.held()
            self._store.begin(held.key)
            accepted = False
            try:
                status, answer = send(method, url, self._headers(held, method, url, headers, body), body, timeout)
                accepted = not is_refusal(status)
            finally:
                self._store.end(held.key, accepted)
            if accepted or sends == _MAX_SENDS or not self._another(held.key, sends):
                return status, answer
        return status, answer

    def current(self):
        """The key of this moment. Do not keep it."""
        held = self._store.held()
        self._store.signed(held.key, True)
        return held

    def on_change(self, listener):
        """Calls `listener(held)` after each switch to another key. Returns a function that ends this."""
        with _lock:
            self._store.listeners.append(listener)
            self._own.append(listener)

        def remove():
            with _lock:
                if listener in self._store.listeners:
                    self._store.listeners.remove(listener)

        return remove

    def as_named_key(self, credential=None):
        """An AzureNamedKeyCredential (of azure-core) that is kept up to date."""
        held = self.current()
        if credential is None:
            from azure.core.credentials import AzureNamedKeyCredential  # pylint: disable=import-outside-toplevel

            credential = AzureNamedKeyCredential(self.account, held.key)
        else:
            credential.update(self.account, held.key)
        self.on_change(lambda next_held: credential.update(self.account, next_held.key))
        return credential

    def refused(self, version=None):
        """Batch has refused a call with this version (default: the current one).

        True where there is another key now: repeat the call.
        """
        held = self._store.held()
        return True if version not in (None, held.version) else self._store.refused(held.key)

    def signed_session(self, session=None):
        """For azure-batch up to 14: a session of requests that signs, and repeats a refused request."""
        if session is None:
            import requests  # pylint: disable=import-outside-toplevel

            session = requests.Session()
        session.auth = self._authenticate
        return session

    def close(self):
        """Ends the work of this object. The last one of its kind reports that the instance has left."""
        with _lock:
            if not self._open:
                return
            self._open = False
            for listener in self._own:
                if listener in self._store.listeners:
                    self._store.listeners.remove(listener)
            entry = _stores[self._id]
            entry[1] -= 1
            if entry[1] > 0:
                return
            del _stores[self._id]
        self._store.close()

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

    def _headers(self, held, method, url, headers, body):
        self._store.learn(url)
        data = body.encode("utf-8") if isinstance(body, str) else body
        return signed_headers(self.account, held.key, method, url, headers, data)

    def _another(self, key, sends):
        """Whether the call is worth another try. Where the vault has nothing new yet, it may have in a second."""
        if self._store.refused(key):
            return True
        if sends > 2:
            return False
        threading.Event().wait(self._second)
        return self._store.refused(key)

    def _authenticate(self, request):
        """For requests: signs a prepared request, and again where it is refused."""
        held = self._store.held()
        self._sign_prepared(request, held)
        self._store.begin(held.key)
        request.register_hook("response", lambda response, **options: self._answered(response, options, held, 1))
        return request

    def _sign_prepared(self, request, held):
        request.headers.update(self._headers(held, request.method, request.url, dict(request.headers), request.body))

    def _answered(self, response, options, held, sends):
        refused = is_refusal(response.status_code)
        self._store.end(held.key, not refused)
        if not refused or sends == _MAX_SENDS or not self._another(held.key, sends):
            return response
        response.content  # pylint: disable=pointless-statement
        response.close()
        again, held = response.request.copy(), self._store.held()
        self._sign_prepared(again, held)
        self._store.begin(held.key)
        repeated = response.connection.send(again, **options)
        repeated.history.append(response)
        repeated.request = again
        return self._answered(repeated, options, held, sends + 1)


def _close_all():
    for store, _ in list(_stores.values()):
        store.close()


atexit.register(_close_all)
