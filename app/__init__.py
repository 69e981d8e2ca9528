"""tlswright: set up, deploy and rotate mutual TLS for middleware that talks to itself."""

__version__ = "0.1.0"
