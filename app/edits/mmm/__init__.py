"""Editors and readers of MySQL-MMM's configuration: grammar 1.x (`v1`) and 2.x (`v2`)."""
