# The leader obeys at once; its child in the same group does not.
trap 'exit 0' TERM
sh -c 'trap "" TERM; echo ready; while :; do sleep 1000; done' &
wait
