#!/bin/sh
# Runs `aafailover smoke` in a job of CI, with the arguments given, and puts what it reports where the CI looks for it:
#
#   scripts/ci-smoke.sh --config staging.yaml --max-rtt 500ms
#
# JUnit's XML and Markdown are written to the folder $CI_SMOKE_REPORTS, aafailover-reports unless it says otherwise, as smoke.xml and
# smoke.md. Under GitHub Actions the Markdown is added to the summary of the job, and verdict, exit-code, junit and markdown are
# outputs of the step; Azure Pipelines and Buildkite are shown the Markdown, too. The program is $CI_SMOKE_PROGRAM, or the one in the
# PATH, or the one that `make build` has made. Settings can be given as variables, AAFAILOVER_CONFIG and so on.
#
# The exit code is that of the program: 0 passed, 1 failed, 2 a mistake, 3 inconclusive, 130 interrupted.
set -u

refuse() {
  echo "ci-smoke: $1" >&2
  echo "hint: $2" >&2
  exit 2
}

program=${CI_SMOKE_PROGRAM:-}
built=$(dirname -- "$0")/../aafailover
if [ -z "$program" ]; then
  if command -v aafailover >/dev/null 2>&1; then
    program=aafailover
  elif [ -x "$built" ]; then
    program=$built
  fi
fi
command -v "${program:-aafailover}" >/dev/null 2>&1 ||
  refuse "${program:-aafailover} is not there" "go install github.com/aafailover/aafailover@latest, or say with CI_SMOKE_PROGRAM where it is"

reports=${CI_SMOKE_REPORTS:-aafailover-reports}
mkdir -p -- "$reports" || refuse "there can be no folder $reports" "name another one with CI_SMOKE_REPORTS"
junit=$reports/smoke.xml
markdown=$reports/smoke.md
rm -f -- "$junit" "$markdown"

# In the background, so that a signal to this script alone gets there, too. It also ends the waiting, which then begins again.
pid=
signals=0
trap 'signals=$((signals + 1)); [ -z "$pid" ] || kill -TERM "$pid" 2>/dev/null' HUP INT TERM
"$program" smoke --junit "$junit" --markdown "$markdown" "$@" </dev/null &
pid=$!
[ "$signals" -eq 0 ] || kill -TERM "$pid"
code=127
while :; do
  before=$signals
  wait "$pid"
  ended=$?
  [ "$ended" -eq 127 ] || code=$ended # 127: it has ended, and was waited for
  if [ "$ended" -le 128 ] || [ "$signals" -eq "$before" ]; then break; fi
done
trap - HUP INT TERM

# A mistake leaves them empty, which no reader takes for a report.
for report in "$junit" "$markdown"; do
  [ -s "$report" ] || rm -f -- "$report"
done

case $code in
0) verdict=pass ;;
1) verdict=fail ;;
3) verdict=inconclusive ;;
130) verdict=interrupted ;;
*) verdict=error ;;
esac

if [ -n "${GITHUB_OUTPUT:-}" ]; then
  printf '%s\n' "verdict=$verdict" "exit-code=$code" "junit=$junit" "markdown=$markdown" >>"$GITHUB_OUTPUT"
fi
if [ -s "$markdown" ]; then
  [ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat -- "$markdown" >>"$GITHUB_STEP_SUMMARY"
  if [ -n "${TF_BUILD:-}" ]; then
    echo "##vso[task.uploadsummary]$(cd -- "$reports" && pwd)/smoke.md"
  fi
  if [ -n "${BUILDKITE:-}" ] && command -v buildkite-agent >/dev/null 2>&1; then
    style=error
    [ "$code" -ne 0 ] || style=success
    buildkite-agent annotate --context aafailover-smoke --style "$style" <"$markdown" || echo "ci-smoke: buildkite-agent took no annotation" >&2
  fi
fi
exit "$code"
