package StandIn::Vips;

# The virtual addresses of a host, in a file: they outlive the agent, as on a real interface.
use strict;
use warnings;

use StandIn::Run;

sub path { return StandIn::Run::folder() . "/vips.$_[0]" }

sub held {
    my ($host) = @_;
    return split /\n/, StandIn::Run::slurp(path($host));
}

# Take addresses away and add others; gives nothing.
sub change {
    my ($host, $deleted, $added) = @_;
    my %now = map { $_ => 1 } held($host);
    delete @now{@$deleted};
    $now{$_} = 1 for @$added;
    StandIn::Run::spew(path($host), join '', map { "$_\n" } sort keys %now);
    return;
}

# What must go and what must come, from one list of roles to another.
sub difference {
    my ($old, $new) = @_;
    my %old = map { $_ => 1 } @$old;
    my %new = map { $_ => 1 } @$new;
    return ([sort grep { !$new{$_} } keys %old], [sort grep { !$old{$_} } keys %new]);
}

1;
