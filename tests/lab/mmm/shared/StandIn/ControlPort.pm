package StandIn::ControlPort;

# The monitor's port for mmm_control: a process of its own that hands each line to the monitor.
#
# It stands for the listener thread: it can die alone, and nobody starts it again.
use strict;
use warnings;

use IO::Handle;
use Socket qw(AF_UNIX SOCK_STREAM PF_UNSPEC);
use StandIn::Listener;

# $open->() gives the listening socket or dies; lines that are "quit" hang up.
sub start {
    my ($class, $open) = @_;
    socketpair(my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die "socketpair: $!\n";
    $_->autoflush(1) for $ours, $theirs;
    my $monitor = $$;
    my $pid     = fork;
    die "Can't fork: $!\n" unless defined $pid;
    if (!$pid) {
        close $ours;
        local $SIG{TERM} = 'DEFAULT';
        my $ended = eval {
            my $ask = sub { return ask($theirs, $_[0]) };
            StandIn::Listener::serve($open->(), $ask, sub { getppid() != $monitor });
            1;
        };
        print STDERR "Thread 1 terminated abnormally: $@" unless $ended;
        require POSIX;
        POSIX::_exit(0);
    }
    close $theirs;
    return bless {pid => $pid, link => $ours, monitor => $monitor}, $class;
}

sub ask {
    my ($link, $line) = @_;
    return if $line eq 'quit';
    print {$link} "$line\n";
    my $size = <$link>;
    return unless defined $size;
    return '' unless $size > 0;
    read($link, my $said, $size);
    return $said;
}

# Wait for a line at most so many seconds, and answer it by $answer->(LINE).
sub attend {
    my ($self, $seconds, $answer) = @_;
    if (!$self->{link}) {
        select undef, undef, undef, $seconds;
        return;
    }
    my $wanted = '';
    vec($wanted, fileno $self->{link}, 1) = 1;
    return unless select($wanted, undef, undef, $seconds) > 0;
    my $line = readline $self->{link};
    if (!defined $line) {
        waitpid $self->{pid}, 0;
        delete @$self{qw(link pid)};
        return;
    }
    chomp $line;
    my $said = $answer->($line);
    print { $self->{link} } length($said) . "\n$said";
    return;
}

sub stop {
    my ($self) = @_;
    return unless $self->{pid} && $self->{monitor} == $$;
    # Not TERM: one that was only just forked would take it for its parent's.
    kill KILL => $self->{pid};
    waitpid delete $self->{pid}, 0;
    return;
}

sub DESTROY { my ($self) = @_; local ($!, $?); $self->stop; return }

1;
