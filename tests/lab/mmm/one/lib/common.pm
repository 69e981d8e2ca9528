package common;

# What the three programs of 1.x share: where they are installed, their log, their sockets.
use strict;
use warnings;

use POSIX qw(strftime);

sub base { return $ENV{MMM_STANDIN_BASE} // '/usr/local/mmm' }

# `@cluster` as the first argument names another file; takes it from the arguments.
sub config_path {
    my ($kind) = @_;
    my $of = @ARGV && $ARGV[0] =~ /\A\@(.+)/ ? '_' . substr(shift @ARGV, 1) : '';
    return base() . "/etc/$kind$of.conf";
}

# The branch has lib/socket.pm, the releases have not.
sub sockets {
    return 'plain' unless -e base() . '/lib/socket.pm';
    require 'socket.pm';
    return 'socket';
}

sub clock { return strftime('%Y-%m-%d %H:%M:%S', localtime) }

# Write to every file that a `log` block names; gives a function for one line.
sub logger {
    my ($config) = @_;
    my $blocks = ref $config->{log} ? $config->{log} : {};
    my @files  = map { $_->{file} } grep { defined $_->{file} } values %$blocks;
    my $screen = debugs($config);
    return sub {
        my ($text) = @_;
        my $errno = $! + 0;
        my $line = '[' . clock() . "]: $$: " . $text =~ s/\n+\z//r . "\n";
        for my $path (@files) {
            open my $file, '>>', $path or next;
            print {$file} $line;
        }
        print STDERR $line if $screen;
        $! = $errno;
    };
}

sub debugs { return ($_[0]{debug} // '') =~ /\A(?:yes|on|1)\z/ }

1;
