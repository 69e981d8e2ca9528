package MMM::Common::Socket;

# The only place where TLS is spoken. IO::Socket::SSL is loaded only where it is asked for.
use strict;
use warnings;

use StandIn::Run;

# Give a listening socket, or die. Its files are read here, once.
sub listener {
    my ($config, $host, $port) = @_;
    my %options = (LocalHost => $host, LocalPort => $port, Proto => 'tcp', Listen => 10,
        Reuse => 1);
    my ($socket, $why);
    if ($config->{socket}{type} eq 'ssl') {
        require IO::Socket::SSL;
        $socket = IO::Socket::SSL->new(%options, files($config), SSL_verify_mode => 3);
        $why    = IO::Socket::SSL::errstr() unless $socket;
    }
    else {
        require IO::Socket::INET;
        $socket = IO::Socket::INET->new(%options);
        $why    = $@ unless $socket;
    }
    return $socket if $socket;
    die "Listener: Can't create socket!\n  $why\n";
}

# Give a connected socket, or nothing. A new context each time: the files are read each time.
sub sender {
    my ($config, $host, $port, $timeout) = @_;
    my %options = (PeerAddr => $host, PeerPort => $port, Proto => 'tcp',
        Timeout => StandIn::Run::limit($timeout));
    if ($config->{socket}{type} eq 'ssl') {
        require IO::Socket::SSL;
        return IO::Socket::SSL->new(%options, SSL_use_cert => 1, files($config));
    }
    require IO::Socket::INET;
    return IO::Socket::INET->new(%options);
}

sub files {
    my ($config) = @_;
    return map { ("SSL_$_" => $config->{socket}{$_}) } qw(cert_file key_file ca_file);
}

1;
