"""Read ssh_config(5) as OpenSSH's client does, and say what it means for one host."""
