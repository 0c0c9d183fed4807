# The leader obeys at once; its child in the same group does not.
sh -c 'trap "" TERM; while :; do sleep 1000; done' &
trap 'exit 0' TERM
wait
