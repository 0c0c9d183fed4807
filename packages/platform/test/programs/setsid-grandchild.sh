# Obeys, and leaves behind a child in a session of its own that does not.
setsid sh -c 'trap "" TERM HUP; echo ready; while :; do sleep 1000; done' &
wait
