# Says its pid, then waits for its end: announce.sh FIFO
echo $$ >> "$1"
exec sleep 100000
