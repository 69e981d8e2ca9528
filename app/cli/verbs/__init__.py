"""One module a verb (or a few that belong together): flags, and what it does."""
