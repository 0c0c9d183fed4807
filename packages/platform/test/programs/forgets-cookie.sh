# Its child has neither its session nor its environment, only its parent.
env -i setsid sh -c 'echo ready; exec sleep 1000' &
wait
