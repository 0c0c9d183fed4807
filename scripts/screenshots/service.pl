# A program that looks busy: writes lines, uses some processor and memory, and ends with an error if told to.
use strict;
use warnings;
use Time::HiRes qw(sleep time);

$| = 1;
my ($name, $load, $mebibytes, $dies_after) = @ARGV;
my $held = "x" x (($mebibytes || 1) * 1_048_576);
my %colours = (info => 32, warn => 33, error => 31, debug => 36);
my @paths = ("/cart", "/orders/1042", "/products/lamp", "/checkout", "/healthz");
print "$name is ready\n";
for (my $n = 1; ; $n++) {
    my $until = time() + 0.4 * $load * (0.4 + rand(1.2));
    while (time() < $until) { my $x = sqrt($n) }
    my $level = $n % 23 == 0 ? "error" : $n % 7 == 0 ? "warn" : $n % 3 == 0 ? "debug" : "info";
    my $text = $level eq "error" ? "payment provider answered 502, trying again"
        : $level eq "warn" ? sprintf("slow query: 812 rows in %d ms", 400 + rand(500))
        : $level eq "debug" ? sprintf("cache hit for session %06x", rand(0xffffff))
        : sprintf("GET %s 200 in %.1f ms", $paths[rand @paths], 2 + rand(40));
    printf "\e[%dm%-5s\e[0m %s %s\n", $colours{$level}, uc $level, $name, $text;
    if ($dies_after && $n >= $dies_after) {
        print STDERR "error: connection to queue lost: ECONNRESET\n    at Queue.read (worker.js:41:11)\n";
        exit 1;
    }
    sleep(0.4);
}
