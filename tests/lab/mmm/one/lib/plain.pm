package plain;

# The sockets of a release without TLS: `socket_type` is read and means nothing.
use strict;
use warnings;

use IO::Socket::INET;

sub listener {
    my ($config, $host, $port) = @_;
    my $socket = IO::Socket::INET->new(LocalHost => $host, LocalPort => $port, Proto => 'tcp',
        Listen => 10, Reuse => 1);
    return $socket // die "Listener: Can't create socket!\n  $@\n";
}

sub sender {
    my ($config, $host, $port, @timeout) = @_;
    return IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Proto => 'tcp', @timeout);
}

1;
