package MMM::Common::Config;

# The grammar of 2.x, with its traps: a comment only at the start of a line, sections that end with
# whatever closes, parts that merge, names that are searched in three folders.
use strict;
use warnings;

use MMM::Common::Rules qw(TOP SECTIONS UNIQUE SOCKET_TYPES);
use StandIn::Run;

my @FOLDERS = qw(/etc /etc/mmm /etc/mysql-mmm);

# Read NAME.conf and what it includes; dies with the product's words.
sub read {
    my ($class, $name) = @_;
    my $self = bless {}, $class;
    $self->read_file($name);
    $self->apply_default;
    $self->judge_socket;
    return $self;
}

sub find {
    my ($name) = @_;
    $name .= '.conf' unless $name =~ /\.conf\z/;
    for my $folder (@FOLDERS) {
        my $path = StandIn::Run::root() . "$folder/$name";
        return $path if -r $path;
    }
    die "Couldn't find readable configuration file '$name' in " . join(', ', @FOLDERS) . "\n";
}

sub judge_mode {
    my ($path) = @_;
    my $mode = (stat $path)[2];
    die "Configuration file $path is world writable!" if $mode & 0002;
    die "Configuration file $path is world readable!" if $mode & 0004;
    return;
}

sub read_file {
    my ($self, $name) = @_;
    my $path = find($name);
    judge_mode($path);
    open my $file, '<', $path or die "Can't read $path: $!\n";
    my ($section, $into, $number) = ('', $self, 0);
    while (my $line = <$file>) {
        $number++;
        $line =~ s/\A\s+|\s+\z//g;
        next if $line eq '' || $line =~ /\A#/;
        my $at = "in '$path' on line $number!";
        if ($line =~ /\A<\/\s*(\w+)\s*>\z/) {
            die "Tag </$1> closes nothing $at" if $section eq '';
            ($section, $into) = ('', $self);
        }
        elsif ($line =~ /\A<\s*(\w+)\s*(?:\s(\S+?))?\s*(\/?)>\z/) {
            die "Section <$section> is not closed before <$1> $at" if $section ne '';
            $into = $self->open_section($1, $2, $at);
            $section = $1;
            ($section, $into) = ('', $self) if $3;
        }
        elsif ($line =~ /\Ainclude\s+(\S+)\z/) {
            $self->read_file($1);
        }
        elsif ($line =~ /\A(\S+)\s+(.+)\z/) {
            $into->{$1} = judged($section, $1, $2, $at);
        }
        else {
            die "Invalid configuration line '$line' $at";
        }
    }
    die "Section <$section> is not closed at the end of '$path'!" if $section ne '';
    return;
}

sub open_section {
    my ($self, $name, $of, $at) = @_;
    die "Unknown section $name $at" unless SECTIONS->{$name};
    if (UNIQUE->{$name}) {
        die "Section name specified for unique section $name $at" if defined $of;
        return $self->{$name} //= {};
    }
    die "No section name specified for named section $name $at" unless defined $of;
    return $self->{$name}{$of} //= {};
}

sub judged {
    my ($section, $name, $value, $at) = @_;
    my $known = $section eq '' ? TOP : SECTIONS->{$section};
    die "'$name' should be a section instead of a variable $at"
        if $section eq '' && SECTIONS->{$name};
    die "Unknown variable $name $at" unless $known->{$name};
    return $value;
}

# <host default> stands behind every other host.
sub apply_default {
    my ($self) = @_;
    my $default = delete $self->{host}{default} // {};
    for my $host (values %{ $self->{host} }) { %$host = (%$default, %$host) }
    return;
}

sub judge_socket {
    my ($self) = @_;
    $self->{socket}{type} //= 'plain';
    my $type = $self->{socket}{type};
    return if grep { $_ eq $type } @{ SOCKET_TYPES() };
    my $allowed = join ', ', map { "'$_'" } @{ SOCKET_TYPES() };
    die "Config entry 'socket->type' has invalid value '$type' allowed values are: $allowed";
}

# Name what ssl lacks, and go on: that is what the product does. Gives the lines for the log.
sub lacking {
    my ($self, $program) = @_;
    return if $self->{socket}{type} ne 'ssl';
    my @wanted = (qw(cert_file key_file), $program eq 'CONTROL' ? () : 'ca_file');
    return map { "Config entry 'socket->$_' is required because of 'type ssl', but missing" }
        grep { !defined $self->{socket}{$_} } @wanted;
}

sub list {
    my ($text) = @_;
    return grep { $_ ne '' } split /\s*,\s*/, $text // '';
}

1;
