# Sends each argument to $NOTIFY_SOCKET as one datagram; with `fork:` in front, from a child that lives a second longer.
use strict;
use Socket;
socket my $socket, AF_UNIX, SOCK_DGRAM, 0 or die $!;
(my $name = $ENV{NOTIFY_SOCKET}) =~ s/^@/\0/ or die 'no abstract socket';
my $to = pack('S', AF_UNIX) . $name;
for my $message (@ARGV) {
  if ($message =~ s/^fork://) {
    my $pid = fork;
    if ($pid == 0) { defined send $socket, $message, 0, $to or die $!; sleep 1; exit }
    next;
  }
  defined send $socket, $message, 0, $to or die $!;
}
