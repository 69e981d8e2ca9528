package socket;

# The sockets of the branch with TLS. Every option of the block goes to IO::Socket::SSL unread, with
# SSL_ before its name; IO::Socket::SSL is loaded only where it is asked for.
use strict;
use warnings;

use plain;

# Give a listening socket, or die. Its files are read here, once; verify_mode is not the user's.
sub listener {
    my ($config, $host, $port) = @_;
    my $options = $config->ssl or return plain::listener($config, $host, $port);
    require IO::Socket::SSL;
    my $socket = IO::Socket::SSL->new(prefixed($options), LocalHost => $host, LocalPort => $port,
        Proto => 'tcp', Listen => 10, Reuse => 1, SSL_verify_mode => 3);
    return $socket // die "Listener: Can't create socket!\n  " . IO::Socket::SSL::errstr() . "\n";
}

# Give a connected socket, or nothing. A new context each time: the files are read each time.
sub sender {
    my ($config, $host, $port, @timeout) = @_;
    my $options = $config->ssl or return plain::sender($config, $host, $port, @timeout);
    require IO::Socket::SSL;
    return IO::Socket::SSL->new(PeerAddr => $host, PeerPort => $port, Proto => 'tcp', @timeout,
        SSL_use_cert => 1, prefixed($options));
}

sub prefixed {
    my ($options) = @_;
    return map { ("SSL_$_" => $options->{$_}) } sort keys %$options;
}

1;
