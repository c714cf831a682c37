"""Reports to the rotator which version of the secret each pod of an app uses: one report for each pod.

Standard library only, Python 3.9 or newer. Run it every minute (reporter.yaml). It never reads the key, so its reports
are unsigned. Where anything is unclear it reports nothing: the reports grow stale, and the old key stays alive.
"""

import hashlib
import json
import os
import ssl
import sys
from datetime import datetime, timedelta, timezone
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

SERVICE_ACCOUNT = os.environ.get("SERVICE_ACCOUNT_DIR", "/var/run/secrets/kubernetes.io/serviceaccount")
PODS = "/api/v1/namespaces/{}/pods"
STATUSES = "/apis/secrets-store.csi.x-k8s.io/v1/namespaces/{}/secretproviderclasspodstatuses"
TLS = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE"))


def send(url, headers, body=None, tls=TLS):
    """Status and body, for any status."""
    try:
        with urlopen(Request(url, data=body, headers=headers), timeout=30, context=tls) as response:
            return response.status, json.loads(response.read() or b"null")
    except HTTPError as refused:
        return refused.code, refused.read().decode("utf-8", "replace")


def account_url():
    return f"{os.environ['ROTATOR_URL']}/accounts/{os.environ['ACCOUNT']}"


def text(name):
    with open(f"{SERVICE_ACCOUNT}/{name}", encoding="utf-8") as file:
        return file.read().strip()


def kubernetes(path):
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    tls = ssl.create_default_context(cafile=f"{SERVICE_ACCOUNT}/ca.crt")
    return send(f"https://{host}:{port}{path}", {"authorization": f"Bearer {text('token')}"}, tls=tls)


def items(path, selector=""):
    """All items. A list that has expired between two pages begins again: half a list would make pods seem gone."""
    for _attempt in range(3):
        found, after = [], ""
        while True:
            query = {"limit": 500, "labelSelector": selector, "continue": after}
            status, page = kubernetes(f"{path}?{urlencode(query)}")
            if status != 200:
                break
            found, after = found + page["items"], page["metadata"].get("continue", "")
            if not after:
                return found
        if status == 404:
            raise LookupError(f"Kubernetes does not know {path}: is the Secrets Store CSI driver installed? {page}")
        if status != 410:
            raise LookupError(f"Kubernetes answered {status} to a list of {path}: {page}")
    raise LookupError(f"the list of {path} has expired three times")


def instant(at):
    return datetime.fromisoformat(at.replace("Z", "+00:00"))


def vault_versions():
    """When each version was created, oldest first. It needs the role Key Vault Reader, which reads no value."""
    with open(os.environ["AZURE_FEDERATED_TOKEN_FILE"], encoding="utf-8") as file:
        assertion = file.read()
    grant = {
        "grant_type": "client_credentials",
        "client_id": os.environ["AZURE_CLIENT_ID"],
        "scope": "https://vault.azure.net/.default",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    authority = f"{os.environ['AZURE_AUTHORITY_HOST']}{os.environ['AZURE_TENANT_ID']}/oauth2/v2.0/token"
    status, token = send(authority, {}, urlencode(grant).encode("ascii"))
    if status != 200:
        raise LookupError(f"no token for Key Vault: {status} {token}")
    url, found = f"{os.environ['VAULT_URL']}/secrets/{os.environ['SECRET_NAME']}/versions?api-version=7.4", []
    while url:
        status, page = send(url, {"authorization": f"Bearer {token['access_token']}"})
        if status != 200:
            raise LookupError(f"Key Vault answered {status} to a list of versions: {page}")
        found += [(item["attributes"]["created"], item["id"].split("/")[-1]) for item in page["value"]]
        url = page.get("nextLink")
    return sorted(found)


def mounted(statuses):
    """Pod to version, as the driver has mounted it."""
    wanted, found = f"secret/{os.environ['SECRET_NAME']}", {}
    for status in (item["status"] for item in statuses):
        if status["secretProviderClassName"] == os.environ["SECRET_PROVIDER_CLASS"] and status["mounted"]:
            versions = [item["version"] for item in status["objects"] if item["id"] == wanted]
            found.update({status["podName"]: version for version in versions})
    return found


def in_environment(pod, version, versions):
    """An environment variable keeps what the synced Secret held when the pod started.

    The Secret may follow the vault only after SYNC_SECONDS: a pod that started before has an older version.
    """
    latest = instant(pod["status"]["startTime"]) - timedelta(seconds=int(os.environ.get("SYNC_SECONDS", "600")))
    synced = [one for one in versions if one[0] <= latest.timestamp()] or versions[:1]
    return min([synced[-1]] + [one for one in versions if one[1] == version])[1]


def is_ready(pod):
    conditions = pod["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def instance(pod_name, namespace):
    """No other cluster or namespace has the same, as each cluster has its own authority."""
    return f"{pod_name[-115:]}.{hashlib.sha256((namespace + text('ca.crt')).encode('utf-8')).hexdigest()[:12]}"


def reports(namespace, pods, statuses):
    """One report for each pod that runs. One that is ending is heard of no more until it is gone."""
    versions = vault_versions() if os.environ.get("KEY_FROM", "file") == "environment" else None
    held = mounted(statuses)
    for pod in pods:
        name = pod["metadata"]["name"]
        if pod["status"]["phase"] not in ("Running", "Unknown") or "deletionTimestamp" in pod["metadata"]:
            continue
        if name not in held:
            if kubernetes(f"{PODS.format(namespace)}/{quote(name)}")[0] == 404:
                continue
            raise LookupError(f"the driver shows no version for pod {name}: does it mount SECRET_PROVIDER_CLASS?")
        version = in_environment(pod, held[name], versions) if versions else held[name]
        yield {"instance": instance(name, namespace), "secretVersion": version, "healthy": is_ready(pod)}


def running(namespace, pods):
    """The instances of pods that have not ended."""
    ended = ("Succeeded", "Failed")
    return {instance(pod["metadata"]["name"], namespace) for pod in pods if pod["status"]["phase"] not in ended}


def gone(namespace, pods):
    """The instances of this namespace that the rotator knows, and whose pods have ended."""
    headers = {"x-functions-key": os.environ["STATUS_KEY"]}
    status, body = send(account_url(), headers)
    if status != 200:
        raise LookupError(f"the rotator answered {status} to a request for the status: {body}")
    known = [one["instances"] for one in body["consumers"] if one["name"] == os.environ["CONSUMER"]]
    ours = [one for instances in known for one in instances if one["id"].endswith(instance("", namespace))]
    missing = [one for one in ours if one["id"] not in running(namespace, pods)]
    # A selector with a slip must not make pods seem gone that run on.
    others = running(namespace, items(PODS.format(namespace))) if missing else set()
    for one in missing:
        if one["id"] in others:
            raise LookupError(f"the pod of instance {one['id']} still runs, and POD_SELECTOR does not select it")
        version = one["secretVersion"]
        yield {"instance": one["id"], "secretVersion": version, "healthy": one["healthy"], "leaving": True}


def post(report):
    at = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    headers = {"content-type": "application/json", "x-functions-key": os.environ["ROTATOR_KEY"]}
    signal = {"consumer": os.environ["CONSUMER"], "at": at, **report}
    status, answer = send(f"{account_url()}/signals", headers, json.dumps(signal).encode("utf-8"))
    print(status, report["instance"], report["secretVersion"], answer)
    return status == 202


def main():
    namespace = text("namespace")
    pods = items(PODS.format(namespace), os.environ["POD_SELECTOR"])
    statuses = items(STATUSES.format(namespace))
    # Everything is known before the first report is sent.
    found = [*reports(namespace, pods, statuses), *gone(namespace, pods)]
    return all([post(report) for report in found])


if __name__ == "__main__":
    try:
        sys.exit(0 if main() else 1)
    except KeyError as missing:
        sys.exit(f"a setting or a member of an answer is missing: {missing}")
    except (LookupError, OSError, ValueError) as problem:
        sys.exit(f"the pods were not reported: {problem}")
