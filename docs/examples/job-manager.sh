#!/usr/bin/env bash
# The command of a job manager task: reports for its node, does the work, and reports again at the end.
set -euo pipefail
here=$(dirname "$0")
export INSTANCE=$AZ_BATCH_NODE_ID
bash "$here/report.sh"
"$@"
bash "$here/report.sh"
