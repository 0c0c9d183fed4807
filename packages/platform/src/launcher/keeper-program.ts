import { KEEPER_NOTIFY } from "./keeper-notify.ts";

/**
 * The keeper: the parent of every app, in perl because a small process forks three times faster than Node and
 * outlives the daemon. One per daemon, handed to `perl -e` in a variable; it needs nothing but the interpreter (`perl-base`).
 *
 * Arguments: the run directory, then the numbers of eight system calls that perl has no name
 * for (`prctl rt_sigprocmask signalfd4 setsid prlimit64 recvmsg clock_gettime clone3`), none where they are not known. On stdin: requests, a length of four
 * bytes (big endian), then as many bytes of NUL-separated fields: cookie, working directory, cgroups (one a line),
 * output file, another one for stderr or nothing, user or nothing, further groups (with commas), resource limits (`NUMBER:SOFT:HARD`, with commas), the
 * name of an abstract socket for `sd_notify` or nothing, the number of variables, the variables as `NAME=value`, the arguments.
 *
 * 1. `COOKIE.pid` exists, empty, before the fork; it gets `PID START\n` (ticks since boot) when exec has succeeded.
 * 2. `COOKIE.exit` gets one line when the app is reaped, or `error PHASE ERRNO\n` instead of a pid. A record
 *    without its newline is not there yet; one that cannot be written (disk full) is tried again each second.
 * 3. `.keeper-PID` exists for as long as requests may still be carried out. When stdin ends (the daemon died or let
 *    go) what has not been forked never will be, the file goes, and the keeper stays until its last app is reaped.
 * 4. An app is born in the first of its cgroups where the kernel can (5.7, v2), and moves itself to those of v1 as the one
 *    thread that it is (`tasks`): to move a process takes ten times as long, for then the kernel waits for all processors.
 * 5. Without `signalfd` a death that falls between two system calls is noticed one second later.
 */
export const KEEPER_PROGRAM: string = String.raw`
use strict;
my ($run, $prctl, $sigprocmask, $signalfd, $setsid, $prlimit, $recvmsg, $clock, $clone3) = @ARGV;
%ENV = ();
syscall($prctl, 15, my $name = 'holdfast-keeper') if $prctl;
my $umask = umask 077;
chdir '/';
opendir my $files, '/proc/self/fd';
for my $fd (grep { /^\d+$/ && $_ > 2 && $_ != fileno $files } readdir $files) {
  if (open my $inherited, '<&=', $fd) { close $inherited }
}
closedir $files;
my @reset = grep { defined $SIG{$_} && $SIG{$_} eq 'IGNORE' } keys %SIG;
$SIG{$_} = 'IGNORE' for qw(PIPE HUP INT TERM QUIT USR1 USR2);
push @reset, qw(PIPE HUP INT TERM QUIT USR1 USR2);

# Orphans of an app come here instead of to an init that may reap late.
syscall($prctl, 36, 1, 0, 0, 0) if $prctl;
my ($deaths, $deaths_fd);
my $chld = pack 'Q', 1 << 16;
if ($sigprocmask && $signalfd && syscall($sigprocmask, 0, $chld, 0, 8) == 0) {
  my $fd = syscall($signalfd, -1, $chld, 8, 0x80800);
  if ($fd >= 0) { open $deaths, '<&=', $fd; $deaths_fd = $fd }
  else { syscall($sigprocmask, 1, $chld, 0, 8) }
}
$SIG{CHLD} = sub {} unless defined $deaths_fd;

my %cookie_of;   # pid => cookie, of apps that have no exit record yet
my %starting;    # file number => [cookie, pid, pipe, file], of apps that have not reached exec
my @unwritten;   # [name, text], records the disk had no room for
${KEEPER_NOTIFY}
my ($requests, $open, $announced) = ('', 1, 0);
announce();

while ($open || %cookie_of || @unwritten) {
  my $ready = '';
  vec($ready, 0, 1) = 1 if $open;
  vec($ready, $deaths_fd, 1) = 1 if defined $deaths_fd;
  vec($ready, $_, 1) = 1 for keys %starting;
  my $muted = watch_notify($ready);
  my $pending = next_request();
  my $wait = defined $pending ? 0 : defined $muted ? $muted / 1000 : @unwritten || !defined $deaths_fd ? 1 : undef;
  $ready = '' if select($ready, undef, undef, $wait) < 1;
  if ($open && vec $ready, 0, 1) {
    my $got = sysread STDIN, $requests, 65536, length $requests;
    if (!$got) { ($open, $requests, $pending) = (0, '', undef) }
  }
  for my $fd (keys %starting) { started($fd) if vec $ready, $fd, 1 }
  for my $cookie (keys %notify) { hear_notify($cookie) if vec $ready, $notify{$cookie}{fd}, 1 }
  if (defined $deaths_fd && vec $ready, $deaths_fd, 1) { sysread $deaths, my $ignored, 4096 }
  reap();
  launch($pending) if defined $pending;
  if (@unwritten && -d $run) { my @again = splice @unwritten; record(@$_) for @again }
  elsif (@unwritten) { @unwritten = () }
  if ($announced && !$open && !%starting) { unlink "$run/.keeper-$$"; $announced = 0 }
}

sub announce {
  record(".keeper-$$", start_of($$));
  $announced = 1;
}

# In ticks since boot; nothing where /proc cannot be read.
sub start_of {
  open my $stat, '<', "/proc/$_[0]/stat" or return;
  my $line = <$stat> // return;
  $line =~ s/^.*\) //s;
  return (split / /, $line)[19];
}

sub next_request {
  return undef if length $requests < 4;
  my $length = unpack 'N', $requests;
  return undef if length $requests < 4 + $length;
  my $request = substr $requests, 4, $length;
  substr $requests, 0, 4 + $length, '';
  return $request;
}

sub record {
  my ($name, $text) = @_;
  if (open my $file, '>', "$run/$name") {
    my $wrote = syswrite $file, "$text\n";
    return 1 if defined $wrote && $wrote == 1 + length $text;
  }
  @unwritten = ((grep { $_->[0] ne $name } @unwritten), [$name, $text]);
  return 0;
}

sub launch {
  my ($cookie, $cwd, $cgroups, $output, $errors, $user, $groups, $limits, $notify, $variables, @argv) = split /\0/, $_[0], -1;
  my @env = splice @argv, 0, $variables;
  my ($file, $from, $to, $pid);
  open $file, '>', "$run/$cookie.pid" or return refuse($cookie, 'record', $! + 0);
  pipe $from, $to or return refuse($cookie, 'fork', $! + 0);
  if ($notify ne '') { open_notify($cookie, $notify) or return refuse($cookie, 'notify', $! + 0) }
  my @cgroups = split /\n/, $cgroups;
  $pid = fork_into($cgroups[0]);
  if (defined $pid) { shift @cgroups } else { $pid = fork }
  return refuse($cookie, 'fork', $! + 0) unless defined $pid;
  become($to, $cwd, \@cgroups, $output, $errors, $user, $groups, $limits, \@env, \@argv) if $pid == 0;
  close $to;
  $cookie_of{$pid} = $cookie;
  $notify{$cookie}{pid} = $pid if $notify ne '';
  $starting{fileno $from} = [$cookie, $pid, $from, $file];
}

# As fork does, with CLONE_INTO_CGROUP; nothing where that cannot be.
sub fork_into {
  my ($path) = @_;
  return undef unless $clone3 && defined $path;
  sysopen my $cgroup, $path, 0 or return undef;
  # flags pidfd child_tid parent_tid exit_signal stack stack_size tls set_tid set_tid_size cgroup
  my $arguments = pack 'Q11', 1 << 33, 0, 0, 0, 17, 0, 0, 0, 0, 0, fileno $cgroup;
  my $pid = syscall $clone3, $arguments, length $arguments;
  return $pid < 0 ? undef : $pid;
}

sub refuse {
  my ($cookie, $phase, $errno) = @_;
  delete $notify{$cookie};
  record("$cookie.exit", "error $phase $errno");
  unlink "$run/$cookie.pid";
}

# The pipe closes by itself when exec succeeds; otherwise it carries the phase and the errno.
sub started {
  my ($cookie, $pid, $from, $file) = @{delete $starting{$_[0]}};
  my $failure = '';
  1 while sysread $from, $failure, 256, length $failure;
  if ($failure eq '') {
    $notify{$cookie}{uid} = (stat "/proc/$pid")[4] if $notify{$cookie};
    my $text = join ' ', $pid, start_of($pid);
    my $wrote = syswrite $file, "$text\n";
    return if defined $wrote && $wrote == 1 + length $text;
    $failure = 'record ' . ($! + 0);
    kill 'KILL', $pid;
  }
  delete $cookie_of{$pid};
  refuse($cookie, split / /, $failure);
}

sub reap {
  while ((my $pid = waitpid -1, 1) > 0) {
    my $status = $?;
    for my $fd (keys %starting) { started($fd) if $starting{$fd}[1] == $pid }
    my $cookie = delete $cookie_of{$pid};
    next unless defined $cookie;
    # Its last words come before its end.
    hear_notify($cookie) if $notify{$cookie};
    delete $notify{$cookie};
    record("$cookie.exit", $status & 127 ? 'signal ' . ($status & 127) : 'exit ' . ($status >> 8));
  }
}

sub become {
  my ($to, $cwd, $cgroups, $output, $errors, $user, $groups, $limits, $env, $argv) = @_;
  my $fail = sub { syswrite $to, "$_[0] " . ($! + 0); exit 127 };
  $setsid ? syscall($setsid) : setpgrp 0, 0;
  for my $cgroup (@$cgroups) {
    my $file = -e "$cgroup/tasks" ? 'tasks' : 'cgroup.procs';
    open my $procs, '>', "$cgroup/$file" or $fail->('cgroup');
    syswrite $procs, '0' or $fail->('cgroup');
    close $procs;
  }
  open STDIN, '<', '/dev/null' or $fail->('stdin');
  open STDOUT, '>>', $output or $fail->('output');
  ($errors eq '' ? open STDERR, '>&', \*STDOUT : open STDERR, '>>', $errors) or $fail->('output');
  umask $umask;
  chdir $cwd or $fail->('chdir');
  limit($_, $fail) for split /,/, $limits;
  switch_user($user, $groups, $fail) if $user ne '' || $groups ne '';
  %ENV = ();
  for (@$env) { my ($name, $value) = split /=/, $_, 2; $ENV{$name} = $value }
  $SIG{$_} = 'DEFAULT' for @reset, 'CHLD', 'FPE';
  syscall($sigprocmask, 1, $chld, 0, 8) if defined $deaths_fd;
  { no warnings; exec { $argv->[0] } @$argv }
  $fail->('exec');
}

sub limit {
  my ($resource, @values) = split /:/, $_[0];
  $! = 95;
  $_[1]->('rlimit') unless $prlimit;
  my $both = pack 'QQ', map { $_ < 0 ? ~0 : $_ } @values;
  $_[1]->('rlimit') if syscall($prlimit, 0, $resource + 0, $both, 0) != 0;
}

# USER or USER:GROUP, by name or number, as in Compose.
sub switch_user {
  my ($wanted, $more, $fail) = @_;
  $wanted = $> if $wanted eq '';
  my ($user, $group) = split /:/, $wanted, 2;
  my @known = getpwnam $user;
  @known = getpwuid $user if !@known && $user =~ /^\d+$/;
  my ($name, $uid, $gid) = @known[0, 2, 3];
  $uid = $user if !defined $uid && $user =~ /^\d+$/;
  if (defined $group && $group ne '') {
    my $found = getgrnam $group;
    $gid = defined $found ? $found : $group =~ /^\d+$/ ? $group : undef;
  }
  $gid = $uid if !defined $gid && defined $uid && !defined $group;
  if (!defined $uid || !defined $gid) { $! = 22; $fail->('user') }
  my %groups = ($gid => 1);
  while (my @entry = getgrent) {
    $groups{$entry[2]} = 1 if defined $name && grep { $_ eq $name } split / /, $entry[3];
  }
  for my $group (split /,/, $more) {
    my $found = $group =~ /^\d+$/ ? $group : getgrnam $group;
    if (!defined $found) { $! = 22; $fail->('user') }
    $groups{$found} = 1;
  }
  $! = 0;
  $) = join ' ', $gid, sort keys %groups;
  $fail->('user') if $!;
  $( = $gid;
  ($<, $>) = ($uid, $uid);
  if ($< != $uid || $> != $uid || $( + 0 != $gid || $) + 0 != $gid) { $! = 1 unless $!; $fail->('user') }
  syscall($prctl, 38, 1, 0, 0, 0) if $prctl;
}
`;
