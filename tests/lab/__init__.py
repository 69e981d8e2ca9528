"""Real hosts on one machine, and tests that need them."""
