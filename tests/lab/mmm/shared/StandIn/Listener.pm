package StandIn::Listener;

# One connection at a time, and nothing is said of one that could not be accepted.
use strict;
use warnings;

# Serve until $over->() is true. $answer->(LINE) gives the answer to a line; nothing (undef) hangs
# up. After the handshake a client may stay silent for ever: nobody else is served meanwhile.
sub serve {
    my ($listener, $answer, $over) = @_;
    $listener->timeout(3);
    while (!$over->()) {
        my $client = $listener->accept or next;
        while (defined(my $line = <$client>)) {
            $line =~ s/[\r\n]+\z//;
            my $said = $answer->($line);
            last unless defined $said;
            print {$client} $said =~ s/\n*\z/\n/r;
        }
        close $client;
    }
    return;
}

1;
