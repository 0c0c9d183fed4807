# A daemon made the old way: nobody's child, in a session of its own, deaf to SIGTERM.
system 'setsid', '-f', 'sh', '-c', 'trap "" TERM HUP; echo ready; exec sleep 1000';
sleep 1000;
