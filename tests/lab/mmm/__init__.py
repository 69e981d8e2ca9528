"""Stand-ins for MySQL-MMM 1.x and 2.x in Perl: see README.md beside this file."""
