# Writes BYTES to stdout in pieces of SIZE, each a line; says when it begins and when it is done: write.pl FIFO BYTES SIZE
use strict;
my ($fifo, $bytes, $size) = @ARGV;
open(my $say, ">>", $fifo) or die "$fifo: $!";
my $line = ("x" x ($size - 1)) . "\n";
syswrite($say, "begin\n");
for (my $left = $bytes; $left > 0; $left -= $size) {
  for (my $at = 0; $at < $size; ) { $at += syswrite(STDOUT, $line, $size - $at, $at) // die "stdout: $!"; }
}
syswrite($say, "done\n");
sleep 100000;
