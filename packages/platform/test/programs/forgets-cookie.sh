# Its child has neither its session nor its environment, only its parent.
env -i setsid sleep 1000 &
wait
