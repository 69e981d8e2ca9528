package StandIn::Run;

# Where a stand-in keeps what the real product keeps in the kernel or in MySQL, and its pace.
#
# MMM_STANDIN_ROOT   prefix of all built-in paths, for runs without a host of their own
# MMM_STANDIN_QUICK  1: poll ten times as often, and sleep a tenth as long
use strict;
use warnings;

use File::Path qw(make_path);
use Time::HiRes ();

sub root { return $ENV{MMM_STANDIN_ROOT} // '' }

sub folder {
    my $folder = root() . '/run/mmm-standin';
    make_path($folder) unless -d $folder;
    return $folder;
}

sub seconds { return $ENV{MMM_STANDIN_QUICK} ? $_[0] / 10 : $_[0] }

# How long a connection may take; a busy machine needs some seconds, however quick we are.
sub limit { return $ENV{MMM_STANDIN_QUICK} ? 3 : $_[0] }

# Sleep for the whole time: a signal would cut a plain sleep short.
sub pause {
    my $end = Time::HiRes::time() + seconds($_[0]);
    while ((my $left = $end - Time::HiRes::time()) > 0) { Time::HiRes::sleep($left) }
    return;
}

# A file called HOST.CHECK (db1.mysql, db1.ping …) lets that check fail.
sub passes {
    my ($host, $check) = @_;
    return !-e folder() . "/fails/$host.$check";
}

sub uptime {
    open my $file, '<', '/proc/uptime' or return 0;
    my ($seconds) = split ' ', <$file>;
    return int $seconds;
}

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or return '';
    local $/ = undef;
    return scalar <$file> // '';
}

sub spew {
    my ($path, $text) = @_;
    open my $file, '>', "$path.new" or die "Can't write $path: $!\n";
    print {$file} $text;
    close $file;
    rename "$path.new", $path or die "Can't rename $path: $!\n";
    return;
}

# Become a daemon: no terminal, no output, in a session of its own.
sub detach {
    my $pid = fork;
    die "Can't fork: $!\n" unless defined $pid;
    exit 0 if $pid;
    require POSIX;
    POSIX::setsid();
    chdir '/';
    open STDIN,  '<', '/dev/null';
    open STDOUT, '>', '/dev/null';
    open STDERR, '>', '/dev/null';
    return;
}

sub write_pid {
    my ($path) = @_;
    open my $file, '>', $path or die "Can't open pid file '$path' for writing!\n";
    print {$file} "$$\n";
    close $file;
    return;
}

1;
