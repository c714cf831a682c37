#!/usr/bin/env bash
# Reports to the rotator once which version of the secret this instance uses, and whether it works.
# Needs curl, openssl and coreutils. Each request may take 30 seconds. Fails where the report was not accepted:
# job-manager.sh shows how work goes on all the same.
# openssl takes the key as an argument. Other users of the same machine can see it while openssl runs:
# do not use it on shared machines.
set -euo pipefail

curl() { command curl --max-time 30 "$@"; }

# One member of a JSON object, if its value is a string.
member() { sed -nE "s/.*\"$1\" *: *\"([^\"]*)\".*/\1/p" | head -n 1; }

# sign KEY: base64 of the HMAC-SHA256 of standard input.
sign() {
  local hex
  hex=$(printf %s "$1" | base64 -d | od -An -v -tx1 | tr -d ' \n')
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$hex" -binary | base64 -w 0
}

# A token of the managed identity of App Service or Functions, or otherwise of the virtual machine.
resource='resource=https%3A%2F%2Fvault.azure.net'
if [ -n "${IDENTITY_ENDPOINT:-}" ]; then
  answer=$(curl -sS -H "x-identity-header: $IDENTITY_HEADER" "$IDENTITY_ENDPOINT?api-version=2019-08-01&$resource")
else
  host=${AZURE_POD_IDENTITY_AUTHORITY_HOST:-http://169.254.169.254}
  answer=$(curl -sS -H 'metadata: true' "$host/metadata/identity/oauth2/token?api-version=2018-02-01&$resource")
fi
token=$(member access_token <<<"$answer")

get() { curl -sS -H "authorization: Bearer $token" "$1"; }
vault() { get "$VAULT_URL/secrets/$SECRET_NAME$1?api-version=7.4"; }

# The key that this instance holds, with its version.
# A file or an app setting gives no version: the vault is searched for the key.
secret=$(vault '')
version=$(member id <<<"$secret") key=$(member value <<<"$secret")
version=${version##*/}
mine=${BATCH_KEY:-$key}
if [ -n "${BATCH_KEY_FILE:-}" ]; then mine=$(<"$BATCH_KEY_FILE"); fi
if [ "$mine" != "$key" ]; then
  version='' page=$(vault /versions)
  # The vault lists 25 versions on a page, in any order.
  while [ -z "$version" ] && [ -n "$page" ]; do
    for id in $(grep -oE '/[0-9a-f]{32}"' <<<"$page" | tr -d '/"'); do
      if [ "$(vault "/$id" | member value)" = "$mine" ]; then version=$id; break; fi
    done
    next=$(member nextLink <<<"$page") page=''
    if [ -n "$next" ]; then page=$(get "$next"); fi
  done
fi
if [ -z "$version" ]; then
  echo 'the vault has no enabled version with the key that this instance holds' >&2
  exit 1
fi

# Replace this with a check that your app works with this key.
date=$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT')
query='$select:id\napi-version:2022-10-01.16.0\nmaxresults:1'
text=$(printf 'GET\n\n\n\n\n\n\n\n\n\n\n\nocp-date:%s\n/%s/pools\n%b' "$date" "$BATCH_ACCOUNT" "$query")
status=$(curl -sS -o /dev/null -w '%{http_code}' -H "ocp-date: $date" \
  -H "authorization: SharedKey $BATCH_ACCOUNT:$(printf %s "$text" | sign "$mine")" \
  "https://$BATCH_ENDPOINT/pools?\$select=id&api-version=2022-10-01.16.0&maxresults=1")
healthy=false
if [ "$status" = 200 ]; then healthy=true; fi

instance=${INSTANCE:-default}
at=$(date -u '+%Y-%m-%dT%H:%M:%S.%3NZ')
lines=$(printf '%s\n' batch-key-proof-v1 "$ACCOUNT" "$CONSUMER" "$instance" "$version" "$healthy" "$at")
proof=$(printf %s "$lines" | sign "$mine")
curl -sS --fail-with-body -H 'content-type: application/json' -H "x-functions-key: $ROTATOR_KEY" \
  -d "{\"consumer\":\"$CONSUMER\",\"instance\":\"$instance\",\"secretVersion\":\"$version\",
       \"healthy\":$healthy,\"at\":\"$at\",\"proof\":\"$proof\"}" \
  "$ROTATOR_URL/accounts/$ACCOUNT/signals"
