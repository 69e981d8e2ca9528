package config;

# The grammar of 1.x, with its traps: heads in the first column, indented options that belong to the
# last head, no quotes, no comments behind a value, and blanks at the end that count.
use strict;
use warnings;

# Read a file, or die as the product does.
sub read {
    my ($class, $path) = @_;
    open my $file, '<', $path or die "Can't open config file '$path'!\n";
    my ($self, $into, $number) = (bless({}, $class), undef, 0);
    my ($type, $name);
    while (my $line = <$file>) {
        $number++;
        chomp $line;
        next if $line =~ /\A\s*#/ || $line =~ /\A\s*\z/;
        if ($line =~ /\A(\S+)\s+(\S+)\s*\z/ && $line !~ /\A\s/) {
            ($type, $name, $into) = ($1, $2, undef);
            $self->{$type} = $name unless ref $self->{$type};
        }
        elsif ($line =~ /\A\s+(\S+)\s+(.*)\z/ && defined $type) {
            if (!$into) {
                $self->{$type} = {} unless ref $self->{$type};
                $into = $self->{$type}{$name} //= {};
            }
            $into->{$1} = $2;
        }
        else {
            die "Invalid config line #$number!\n";
        }
    }
    return $self;
}

# The options of `socket_type ssl`; nothing where they are not indented below it, or another type
# is named. Silence is the product's answer to both.
sub ssl {
    my ($self) = @_;
    my $type = $self->{socket_type};
    return ref $type ? $type->{ssl} : undef;
}

sub list {
    my ($text) = @_;
    return grep { $_ ne '' } split /\s*,\s*/, ($text // '') =~ s/\A\s+|\s+\z//gr;
}

1;
