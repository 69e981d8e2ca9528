"""Grammar 1.x: heads at column 0, indented options, one file per daemon (the SSL branch)."""

from app.edits.mmm.v1.edit import SslWant, edit_conf
from app.edits.mmm.v1.view import ConfView, ObjectView, SocketView, read_conf

__all__ = ["ConfView", "ObjectView", "SocketView", "SslWant", "edit_conf", "read_conf"]
