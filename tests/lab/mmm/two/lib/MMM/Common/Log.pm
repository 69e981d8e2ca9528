package MMM::Common::Log;

# Lines as 2.x writes them: `2026/11/22 10:00:00 FATAL text`, in /var/log/mysql-mmm.
use strict;
use warnings;

use Exporter qw(import);
use File::Path qw(make_path);
use IO::Handle;
use POSIX qw(strftime);
use StandIn::Run;

our @EXPORT_OK = qw(INFO WARN FATAL open_log clock);

my ($FILE, $SCREEN);

sub open_log {
    my ($name, $screen) = @_;
    my $folder = StandIn::Run::root() . '/var/log/mysql-mmm';
    make_path($folder) unless -d $folder;
    open $FILE, '>>', "$folder/$name.log" or die "Can't open log $folder/$name.log: $!\n";
    $FILE->autoflush(1);
    $SCREEN = $screen;
    return;
}

sub clock { return strftime('%Y/%m/%d %H:%M:%S', localtime) }

sub say_it {
    my ($level, $text) = @_;
    my $errno = $! + 0;
    my $line = sprintf "%s %5s %s\n", clock(), $level, $text =~ s/\n+\z//r;
    print {$FILE} $line if $FILE;
    print STDERR $line if $SCREEN || !$FILE;
    # Who dies after this dies with that number as its exit code.
    $! = $errno;
    return;
}

sub INFO  { return say_it('INFO',  @_) }
sub WARN  { return say_it('WARN',  @_) }
sub FATAL { return say_it('FATAL', @_) }

1;
