# The leader obeys at once; its child takes a moment, and says so when it had the time.
trap 'exit 0' TERM
perl -e '$| = 1; $SIG{TERM} = sub { select undef, undef, undef, 0.15; print "finished\n"; exit };
  print "ready\n"; sleep 1000' &
wait
