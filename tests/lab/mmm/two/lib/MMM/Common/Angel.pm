package MMM::Common::Angel;

# Run the daemon proper in a child and start it again when it dies.
use strict;
use warnings;

use MMM::Common::Log qw(INFO FATAL);
use POSIX qw(:sys_wait_h);
use StandIn::Run;

use constant REST => 10;

# SIGTERM goes to the child alone: while there is none, it does nothing.
sub guard {
    my ($pid_path, $work) = @_;
    StandIn::Run::write_pid($pid_path);
    my $child;
    for my $name (qw(TERM INT)) {
        $SIG{$name} = sub { kill $name, $child if $child };
    }
    while (1) {
        $child = fork;
        die "Can't fork: $!\n" unless defined $child;
        if (!$child) {
            $work->();
            exit 0;
        }
        1 until waitpid($child, 0) == $child || $!{ECHILD};
        my $how = $?;
        $child = undef;
        last if ended($how);
    }
    unlink $pid_path;
    return;
}

# Say how the child ended; true when that was meant.
sub ended {
    my ($how) = @_;
    if (WIFSIGNALED($how)) {
        my $signal = WTERMSIG($how);
        if ($signal == POSIX::SIGTERM() || $signal == POSIX::SIGINT()) {
            INFO("Child exited with signal $signal, shutting down");
            return 1;
        }
        FATAL("Child exited with signal $signal, restarting");
        return 0;
    }
    my $code = WEXITSTATUS($how);
    if ($code == 0) {
        INFO('Child exited normally (with exitcode 0), shutting down');
        return 1;
    }
    FATAL("Child exited with exitcode $code, restarting after " . REST . ' second sleep');
    StandIn::Run::pause(REST);
    return 0;
}

1;
