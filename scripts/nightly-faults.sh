#!/bin/sh
# What takes a night: the whole fault matrix on real daemons, a million schedules of the daemon's simulation and of the
# runtime's, a million fuzzed calls, and half an hour of real churn. `ROUNDS` repeats the matrix (20 in the issue's words);
# `FROM` is the first seed (a million later each night, unless given). Each part is run whatever became of the others; the
# last line says which failed. What a push can wait for is in .ci/run.
set -u
cd "$(dirname "$0")/.."
rounds=${ROUNDS:-1}
from=${FROM:-$(($(date +%s) / 86400 * 1000000))}
failed=

part() {
  name=$1
  shift
  echo "nightly: $name"
  "$@" || failed="$failed; $name"
}

scripts/setup-test-machine.sh || exit 1
node scripts/build.ts || exit 1

round=1
while [ "$round" -le "$rounds" ]; do
  part "faults, round $round of $rounds" env HOLDFAST_FAULTS=full HOLDFAST_FAULTS_SEED="$round" npm run -s test:faults
  round=$((round + 1))
done

# A process for each 50,000: what one leaves behind is not the next one's.
seed=$from
while [ "$seed" -lt $((from + 1000000)) ]; do
  part "the daemon's schedules from $seed" npm run -s simulate:daemon -- --seeds 50000 --from "$seed" --marks 100
  seed=$((seed + 50000))
done
part "the runtime's schedules" npm run -s simulate -- --seeds 1000000 --from "$from"
part "a million fuzzed calls" npm run -s fuzz
part "half an hour of churn" npm run -s soak -- --minutes 30

if [ -n "$failed" ]; then
  echo "nightly: failed: ${failed#; }"
  exit 1
fi
echo "nightly: all is well"
