# The leader obeys at once; its child takes a moment, and says so when it had the time.
sh -c 'trap "sleep 0.15; echo finished; exit 0" TERM; sleep 1000 & wait' &
trap 'exit 0' TERM
wait
