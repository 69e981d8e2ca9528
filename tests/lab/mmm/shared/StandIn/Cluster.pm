package StandIn::Cluster;

# What a monitor believes and decides: states of hosts, who holds which role, and the danger of it.
#
# Fields: hosts (name -> ip, mode, state, roles, down), roles (name -> mode, hosts, ips, prefer),
# master (role of the active master), mode (ACTIVE, MANUAL, PASSIVE), online (auto_set_online),
# file (status file). Calls: log(LEVEL, TEXT), tell(HOST) sends the status and is true when it
# arrived, ip(ROLE, IP) writes a role.
use strict;
use warnings;

use StandIn::Run;

my @CHECKS = qw(ping mysql rep_threads rep_backlog);

sub new {
    my ($class, %given) = @_;
    my $self = bless {mode => 'ACTIVE', online => 0, %given}, $class;
    for my $host (values %{ $self->{hosts} }) {
        $host->{state} = 'AWAITING_RECOVERY';
        $host->{since} = time;
        $host->{roles} = [];
        $host->{down}  = 0;
    }
    for my $line (split /\n/, StandIn::Run::slurp($self->{file})) {
        my ($name, $state, $roles) = split /\|/, $line;
        my $host = $self->{hosts}{$name} or next;
        $host->{state} = $state;
        $host->{roles} = [split /,/, $roles // ''];
    }
    return $self;
}

sub names { my ($self) = @_; return sort keys %{ $self->{hosts} } }

sub save {
    my ($self) = @_;
    my $text = '';
    for my $name ($self->names) {
        my $host = $self->{hosts}{$name};
        $text .= join('|', $name, $host->{state}, join ',', @{ $host->{roles} }) . "\n";
    }
    return if ($self->{saved} // '') eq $text;
    StandIn::Run::spew($self->{file}, $self->{saved} = $text);
    return;
}

# One round: look at the hosts, move roles where that is allowed, tell the agents.
sub round {
    my ($self) = @_;
    return if $self->{mode} eq 'PASSIVE';
    $self->look($_) for $self->names;
    if ($self->{mode} eq 'ACTIVE') {
        $self->clear($_) for grep { $self->{hosts}{$_}{state} ne 'ONLINE' } $self->names;
        $self->assign;
    }
    $self->send($_) for $self->names;
    $self->save;
    return;
}

sub look {
    my ($self, $name) = @_;
    my $host  = $self->{hosts}{$name};
    my %ok    = map { $_ => StandIn::Run::passes($name, $_) } @CHECKS;
    my $alive = $ok{ping} && $ok{mysql};
    return if $host->{state} eq 'ADMIN_OFFLINE';
    if (!$alive && $host->{state} ne 'HARD_OFFLINE') {
        my $said = join ', ', map { "$_: " . ($ok{$_} ? 'OK' : 'not OK') } qw(ping mysql);
        $self->becomes($name, 'HARD_OFFLINE', "($said)");
    }
    elsif ($alive && $host->{state} eq 'HARD_OFFLINE') {
        $self->becomes($name, 'AWAITING_RECOVERY', '');
    }
    elsif ($host->{state} eq 'AWAITING_RECOVERY' && $self->{online}) {
        my $waited = time - $host->{since};
        $self->becomes($name, 'ONLINE', "because of auto_set_online($self->{online})")
            if $waited >= $self->{online};
    }
    return;
}

sub becomes {
    my ($self, $name, $state, $why) = @_;
    my $host = $self->{hosts}{$name};
    my $text = "State of host '$name' changed from $host->{state} to $state $why";
    $text =~ s/\s+\z//;
    $self->{log}->(FATAL => $text);
    $host->{state} = $state;
    $host->{since} = time;
    return;
}

# Take its roles from a host that is not online. One that cannot be told is to be killed, for it
# still holds its addresses.
sub clear {
    my ($self, $name) = @_;
    my $host = $self->{hosts}{$name};
    return unless @{ $host->{roles} };
    $self->{log}->(INFO => "Removing all roles from host '$name':");
    $self->{log}->(INFO => "    Removed role '$_' from host '$name'") for @{ $host->{roles} };
    $host->{roles} = [];
    return if $self->{tell}->($name);
    $self->{log}->(FATAL => "Can't send offline status notification to '$name' - killing it!");
    open my $killed, '>>', StandIn::Run::folder() . '/killed' or return;
    print {$killed} "$name\n";
    return;
}

sub holder {
    my ($self, $role) = @_;
    for my $name ($self->names) {
        return $name if grep { $_ eq $role } @{ $self->{hosts}{$name}{roles} };
    }
    return;
}

sub able {
    my ($self, $role) = @_;
    return grep { my $h = $self->{hosts}{$_}; $h && $h->{state} eq 'ONLINE' && !$h->{down} }
        @{ $self->{roles}{$role}{hosts} };
}

sub assign {
    my ($self) = @_;
    for my $name (sort keys %{ $self->{roles} }) {
        my $role = $self->{roles}{$name};
        my @able = $self->able($name) or next;
        my $load = sub { scalar grep { /^\Q$name\E\(/ } @{ $self->{hosts}{ $_[0] }{roles} } };
        for my $ip (@{ $role->{ips} }) {
            my $text = $self->{ip}->($name, $ip);
            next if defined $self->holder($text);
            my ($to) = sort { $load->($a) <=> $load->($b) } @able;
            $to = $role->{prefer} if grep { $_ eq ($role->{prefer} // '') } @able;
            $self->give($text, $to);
            $self->{log}->(INFO => "Orphaned role '$text' has been assigned to '$to'");
        }
        $self->balance($name, $load, @able) if $role->{mode} eq 'balanced';
    }
    return;
}

sub balance {
    my ($self, $name, $load, @able) = @_;
    while (1) {
        my ($least, $most) = (sort { $load->($a) <=> $load->($b) || $a cmp $b } @able)[0, -1];
        return if $load->($most) - $load->($least) < 2;
        my ($text) = grep { /^\Q$name\E\(/ } @{ $self->{hosts}{$most}{roles} };
        $self->give($text, $least);
        $self->{log}->(INFO => "Moving role '$text' from host '$most' to host '$least'");
    }
    return;
}

# Let one host hold a role, and no other.
sub give {
    my ($self, $text, $to) = @_;
    for my $host (values %{ $self->{hosts} }) {
        $host->{roles} = [grep { $_ ne $text } @{ $host->{roles} }];
    }
    my $host = $self->{hosts}{$to};
    $host->{roles} = [sort @{ $host->{roles} }, $text];
    return;
}

# Tell a host its state and roles; an agent that cannot be told is remembered.
sub send {
    my ($self, $name) = @_;
    my $host  = $self->{hosts}{$name};
    my $there = $self->{tell}->($name);
    $self->{unreachable}->($name, !$there, $host->{down}) if $self->{unreachable};
    $host->{down} = $there ? 0 : 1;
    return $there;
}

sub active_master {
    my ($self) = @_;
    for my $name ($self->names) {
        my @roles = @{ $self->{hosts}{$name}{roles} };
        return $name if grep { /^\Q$self->{master}\E\(/ } @roles;
    }
    return '';
}

sub show {
    my ($self) = @_;
    my $text = '';
    for my $name ($self->names) {
        my $host = $self->{hosts}{$name};
        my $roles = join ', ', sort @{ $host->{roles} };
        $text .= "  $name($host->{ip}) $host->{mode}/$host->{state}. Roles: $roles\n";
    }
    return $text;
}

sub checks {
    my ($self) = @_;
    my $text = '';
    for my $name ($self->names) {
        for my $check (@CHECKS) {
            my $ok = StandIn::Run::passes($name, $check) ? 'OK' : "ERROR: the test says so";
            $text .= sprintf "%-4s %-12s [last change: %s]  %s\n", $name, $check,
                $self->{clock}->(), $ok;
        }
    }
    return $text;
}

# Commands that both versions know; they give the answer.
sub switch {
    my ($self, $name, $state) = @_;
    my $host = $self->{hosts}{ $name // '' } or return "ERROR: Unknown host name '" . ($name // '') . "'!";
    return "OK: This host is already $state. Skipping command." if $host->{state} eq $state;
    return "ERROR: Host '$name' is '$host->{state}' at the moment. It can't be switched to ONLINE."
        if $state eq 'ONLINE' && $host->{state} eq 'HARD_OFFLINE';
    return "ERROR: Can't reach agent daemon on '$name'! Can't switch its state!"
        unless $self->{ping}->($name);
    $self->becomes($name, $state, 'by mmm_control');
    $self->round;
    return "OK: State of '$name' changed to $state. Now you can wait some time and check "
        . ($state eq 'ONLINE' ? 'its new' : 'all') . ' roles!';
}

sub move {
    my ($self, $role, $name) = @_;
    my $rule = $self->{roles}{ $role // '' } or return 'ERROR: Unknown role name!';
    my $host = $self->{hosts}{ $name // '' } or return 'ERROR: Unknown host name!';
    return "ERROR: Role '$role' may be used for balancing only." if $rule->{mode} ne 'exclusive';
    return "ERROR: Can't move role to host with state $host->{state}." if $host->{state} ne 'ONLINE';
    return "ERROR: Can't reach agent daemon on '$name'! Can't move roles there!" if $host->{down};
    my $text = $self->{ip}->($role, $rule->{ips}[0]);
    my $from = $self->holder($text) // 'nobody';
    return "OK: Role is already on '$name'. Skipping command." if $from eq $name;
    return "ERROR: Can't reach agent daemon on '$from'! Can't move roles there!"
        if $from ne 'nobody' && $self->{hosts}{$from}{down};
    $self->give($text, $name);
    $self->send($from) if $from ne 'nobody';
    $self->send($name);
    $self->save;
    return "OK: Role '$role' has been moved from '$from' to '$name'. "
        . 'Now you can wait some time and check new roles info!';
}

1;
