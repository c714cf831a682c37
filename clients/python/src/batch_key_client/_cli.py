"""batch-key-client: runs a command with the key in its environment, and reports for it."""

import argparse
import os
import random
import signal
import subprocess
import sys
import threading
import time
from urllib.error import URLError

from ._http import prove, send, words_of
from ._report import Report, Reporter, default_instance
from ._vault import FixedToken, ManagedIdentity, find_version, plain_secret_url, read_version

FORWARDED = ("SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH")
"""Signals that the command gets."""
FROM_TERMINAL = ("SIGINT", "SIGQUIT")
"""The terminal itself sends these to the command: twice is once too often."""


def say(text):
    print(f"batch-key-client: {text}", file=sys.stderr, flush=True)


class Usage(Exception):
    """The command line is wrong."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Usage(message)


def parse(args):
    own, program = args, []
    if "--" in args:
        split = args.index("--")
        own, program = args[:split], args[split + 1 :]
    parser = Parser(
        prog="batch-key-client",
        usage="batch-key-client exec|report|watch OPTIONS [-- COMMAND [ARGUMENTS]]",
        epilog="The function key of receiveSignal is read from BATCH_ROTATOR_KEY. The vault is read with the managed "
        "identity (AZURE_CLIENT_ID), or with the token in BATCH_KEY_VAULT_TOKEN.",
    )
    parser.add_argument("command", choices=["exec", "report", "watch"])
    parser.add_argument("--secret-url", required=True, help="https://VAULT.vault.azure.net/secrets/NAME")
    parser.add_argument("--account", required=True, help="the Batch account")
    parser.add_argument("--consumer", help="the app's name in the rotator")
    parser.add_argument("--instance", help="default: of exec, a new name for each run; otherwise the host")
    parser.add_argument("--report-url", help="the rotator, ends in /api; without it exec reports nothing")
    parser.add_argument("--report-account", help="the account's name in the rotator; default: that of --account")
    parser.add_argument("--endpoint", help="https://ACCOUNT.REGION.batch.azure.com: each report rests on a signed call")
    parser.add_argument("--account-variable", default="AZURE_BATCH_ACCOUNT_NAME")
    parser.add_argument("--key-variable", default="AZURE_BATCH_ACCOUNT_KEY")
    parser.add_argument("--pid", type=int, help="watch: the app is healthy while this process runs")
    parser.add_argument("--url", help="watch: the app is healthy while this address answers")
    line = parser.parse_args(own)
    line.program = program
    check(line)
    return line


def check(line):
    line.secret_url = plain_secret_url(line.secret_url)
    if line.command == "exec" and not line.program:
        raise Usage("a command is missing after --")
    line.report = None
    if line.command == "exec" and line.report_url is None:
        return
    key = os.environ.get("BATCH_ROTATOR_KEY")
    if not key:
        raise Usage("BATCH_ROTATOR_KEY is missing: the function key of receiveSignal")
    if not line.report_url or not line.consumer:
        raise Usage("--report-url and --consumer are needed")
    suffix = f"{os.getpid()}-{random.getrandbits(24):x}" if line.command == "exec" else line.command
    instance = line.instance or default_instance(suffix)
    line.report = Report(line.report_url, key, line.report_account or line.account, line.consumer, instance)


def credential():
    token = os.environ.get("BATCH_KEY_VAULT_TOKEN")
    return FixedToken(token) if token else ManagedIdentity()


def attempt(read):
    """(version, key); None, with a line that says why, where the vault is out of reach."""
    try:
        found = read()
        if found is None:
            say("the vault has no version with the key")
        return found
    except Exception as problem:  # pylint: disable=broad-except
        say(f"the vault cannot be read: {words_of(problem)}")
        return None


class Reports:
    """Reports of one version: repeated every minute, after a failure every fifteen seconds, and that it has left."""

    def __init__(self, line, works, find):
        self._line, self._works, self._find = line, works, find
        self._reporter = Reporter(line.report, self._log) if line.report else None
        self._held, self._said = None, ""
        self._stopped, self._first = threading.Event(), threading.Event()

    def start(self, held):
        """Waits up to five seconds for the first report."""
        self._held = held
        if self._reporter:
            threading.Thread(target=self._repeat, daemon=True).start()
            self._first.wait(5)

    def once(self):
        if self._held is None:
            self._held = self._find()
        if self._held is None or self._reporter is None or self._stopped.is_set():
            return False
        version, key = self._held
        endpoint = self._line.endpoint
        proven = prove(endpoint, self._line.account, key) if endpoint else "unknown"
        healthy = proven != "refused" and self._works()
        return not self._stopped.is_set() and self._reporter.send(version, key, healthy)

    def leave(self):
        """Reports, within ten seconds, that the instance has ended."""
        self._stopped.set()
        if self._held and self._reporter:
            last = threading.Thread(target=self._reporter.send, args=(*self._held, True, True), daemon=True)
            last.start()
            last.join(10)

    def _repeat(self):
        while not self._stopped.is_set():
            accepted = self.once()
            self._first.set()
            # Without a version, the vault is asked again, which it is every five minutes at most.
            self._stopped.wait(60 if accepted else 300 if self._held is None else 15)

    def _log(self, event, _version, detail):
        """A failure is said once, until it changes or ends."""
        text = "" if event == "reported" else detail
        if text and text != self._said:
            say(text)
        self._said = text


def forward():
    """Forwards signals to the command that the returned function gets. Before that, they are kept for it: without this,
    a signal at the command's start would end this process alone."""
    children, early = [], []

    def send(number):
        if children[0].poll() is None:
            children[0].send_signal(number)

    def handler(number, _frame):
        if signal.Signals(number).name in FROM_TERMINAL and sys.stdin and sys.stdin.isatty():
            return
        if children:
            send(number)
        else:
            early.append(number)

    def begin(child):
        children.append(child)
        while early:
            send(early.pop(0))

    for name in FORWARDED:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), handler)
    return begin


def run_program(program, env):
    """As a shell has it: 127 for a command that is not there, 126 for one that cannot be run, 128 + n for a signal."""
    begin = forward()
    try:
        child = subprocess.Popen(program, env=env)  # pylint: disable=consider-using-with
    except FileNotFoundError:
        say(f"{program[0]} cannot be started: it is not there")
        return 127
    except OSError as problem:
        say(f"{program[0]} cannot be started: {problem.strerror}")
        return 126
    begin(child)
    code = child.wait()
    return 128 - code if code < 0 else code


def execute(line):
    """Runs the command with the newest key. Vault and rotator may be out of reach where the environment has a key."""
    reads = credential()
    newest = attempt(lambda: read_version(reads, line.secret_url))
    key = newest[1] if newest else os.environ.get(line.key_variable)
    if not key:
        say(f"there is no key: the vault cannot be read, and {line.key_variable} is not set")
        return 69
    if newest is None:
        say(f"uses the key in {line.key_variable}")
    reports = Reports(line, lambda: True, lambda: attempt(lambda: find_version(reads, line.secret_url, key)))
    # Before the command begins, so that no rotation ends without it; but never for long.
    reports.start(newest)
    own = ("BATCH_ROTATOR_KEY", "BATCH_KEY_VAULT_TOKEN")
    env = {name: value for name, value in os.environ.items() if name not in own}
    env[line.account_variable], env[line.key_variable] = line.account, key
    code = run_program(line.program, env)
    reports.leave()
    return code


def runs(pid):
    try:
        os.kill(pid, 0)
        return True
    except PermissionError:
        return True
    except OSError:
        return False


def answers(url):
    try:
        return send("GET", url)[0] < 400
    except (URLError, OSError):
        return False


def reports_of(line):
    reads, key = credential(), os.environ.get(line.key_variable)

    def find():
        if key:
            return attempt(lambda: find_version(reads, line.secret_url, key))
        return attempt(lambda: read_version(reads, line.secret_url))

    held = find()
    if held is None and not key:
        return None, None
    works = lambda: (line.pid is None or runs(line.pid)) and (line.url is None or answers(line.url))  # noqa: E731
    return Reports(line, works, lambda: held or find()), held


def report_once(line):
    reports, _ = reports_of(line)
    return 0 if reports is not None and reports.once() else 1


def watch(line):
    """Reports until the process that it watches has ended, or until it is stopped itself."""
    reports, held = reports_of(line)
    if reports is None:
        return 1
    stopped = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: stopped.set())
    reports.start(held)
    while not stopped.is_set():
        if line.pid is not None and not runs(line.pid):
            say(f"process {line.pid} has ended")
            reports.leave()
            break
        time.sleep(1)
    return 0


def main(args):
    try:
        line = parse(args)
    except (Usage, ValueError) as problem:
        say(str(problem))
        return 64
    return {"exec": execute, "report": report_once, "watch": watch}[line.command](line)


def run():
    sys.exit(main(sys.argv[1:]))
