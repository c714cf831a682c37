#!/usr/bin/env bash
# The command of a job manager task: reports for its node, does the work, and reports again at the end.
# The first report runs in the background. No report takes longer than a minute or changes the result of the work.
here=$(dirname "$0")
export INSTANCE=${AZ_BATCH_NODE_ID:-default}
report() { timeout 60 bash "$here/report.sh" || echo 'the report has failed; the work continues' >&2; }

report &
reporting=$!
"$@"
result=$?
wait "$reporting"
report
exit "$result"
