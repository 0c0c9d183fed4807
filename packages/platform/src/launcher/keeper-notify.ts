/**
 * The part of the keeper that hears `sd_notify(3)`: one abstract datagram socket for each run that asked for it. What an
 * app says is merged into what it said before and written to `COOKIE.notify`, a line for each thing known and `end` as the
 * last; without that the file is not wholly written.
 *
 * 1. A message counts only with the kernel's word (`SCM_CREDENTIALS`) for who sent it: a process that carries the
 *    run's cookie, or its leader, or a descendant of such a one. A sender that is gone already cannot be looked at; it is
 *    believed if its user is the leader's.
 * 2. Files that come along are closed: that is what the barrier of `systemd-notify` waits for. Nothing is kept of them.
 * 3. `MAINPID` and everything else that is not named here means nothing: the leader is who was started.
 * 4. However much an app says, its socket is read 50 times a second at most, and the file is as long as its status.
 */
export const KEEPER_NOTIFY: string = String.raw`
my %notify;      # cookie => {socket, fd, pid, uid, due, said}
my ($message, $control) = ("\0" x 8192, "\0" x 512);

sub now_ms {
  my $at = "\0" x 16;
  return time * 1000 if !$clock || syscall($clock, 1, $at) != 0;
  my ($s, $ns) = unpack 'qq', $at;
  return $s * 1000 + int $ns / 1_000_000;
}

sub open_notify {
  my ($cookie, $name) = @_;
  $! = 95;
  return 0 unless $recvmsg;
  my $socket;
  socket $socket, 1, 2, 0 or return 0;
  setsockopt $socket, 1, 16, pack 'i', 1 or return 0;
  bind $socket, pack('S', 1) . "\0$name" or return 0;
  $notify{$cookie} = { socket => $socket, fd => fileno $socket, due => 0, said => {} };
}

# Milliseconds until a socket that was read a moment ago is to be read again.
sub watch_notify {
  my $now = %notify ? now_ms() : 0;
  my $least;
  for my $each (values %notify) {
    my $left = $each->{due} - $now;
    if ($left <= 0) { vec($_[0], $each->{fd}, 1) = 1 }
    elsif (!defined $least || $left < $least) { $least = $left }
  }
  return $least;
}

sub hear_notify {
  my ($cookie) = @_;
  my $each = $notify{$cookie};
  my ($said, $news) = ($each->{said}, 0);
  for (1 .. 64) {
    my $length = length $message;
    my $iov = pack 'PQ', $message, $length;
    my $header = pack 'QLx4PQPQix4', 0, 0, $iov, 1, $control, length $control, 0;
    # 0x40000040: do not wait; close what comes along at an exec.
    my $got = syscall $recvmsg, $each->{fd}, $header, 0x40000040;
    last if $got < 0;
    my ($pid, $uid) = credentials(substr $control, 0, (unpack 'QLx4QQQQ', $header)[5]);
    next unless $pid && belongs($pid, $uid, $cookie, $each->{pid});
    $news = 1;
    understand($said, $_) for split /\n/, substr $message, 0, $got;
  }
  $each->{due} = now_ms() + 20;
  return unless $news;
  record("$cookie.notify", join "\n", (map { "$_=$said->{$_}" } sort keys %$said), 'end');
}

# Who sent it. Files that came along are closed.
sub credentials {
  my ($rest) = @_;
  my ($pid, $uid);
  while (length $rest >= 16) {
    my ($length, $level, $type) = unpack 'Qii', $rest;
    last if $length < 16 || $length > length $rest;
    my $content = substr $rest, 16, $length - 16;
    if ($level == 1 && $type == 1) {
      for my $fd (unpack 'i*', $content) { if (open my $came, '<&=', $fd) { close $came } }
    }
    ($pid, $uid) = unpack 'iI', $content if $level == 1 && $type == 2;
    my $padded = ($length + 7) & ~7;
    last if $padded >= length $rest;
    $rest = substr $rest, $padded;
  }
  return ($pid, $uid);
}

sub belongs {
  my ($pid, $uid, $cookie, $leader) = @_;
  my $first = 1;
  for (my $at = $pid; $at > 1 && $at != $$; $first = 0) {
    return 1 if $at == $leader;
    if (open my $environ, '<', "/proc/$at/environ") {
      local $/;
      my $text = <$environ>;
      return 1 if defined $text && "\0$text\0" =~ /\0HOLDFAST_COOKIE=\Q$cookie\E\0/;
    }
    my $stat;
    open $stat, '<', "/proc/$at/stat" or return $first && $uid == ($notify{$cookie}{uid} // $>);
    my $line = do { local $/; <$stat> };
    return 0 unless defined $line && $line =~ /^.*\) \S (\d+)/s;
    $at = $1;
  }
  return 0;
}

sub understand {
  my ($said, $line) = @_;
  if ($line eq 'READY=1') { $said->{ready} = 1; delete $said->{reloading} }
  elsif ($line eq 'RELOADING=1') { $said->{reloading} = 1 }
  elsif ($line eq 'STOPPING=1') { $said->{stopping} = 1 }
  elsif ($line eq 'WATCHDOG=1') { $said->{watchdog}++ }
  elsif ($line eq 'WATCHDOG=trigger') { $said->{trigger} = 1 }
  elsif ($line =~ /^WATCHDOG_USEC=(\d{1,15})$/) { $said->{watchdog_usec} = $1 }
  elsif ($line =~ /^EXTEND_TIMEOUT_USEC=(\d{1,15})$/) { $said->{extend_usec} = $1; $said->{extensions}++ }
  elsif ($line =~ /^STATUS=(.*)$/) { $said->{status} = substr $1, 0, 1024 }
}
`;
