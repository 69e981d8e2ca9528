"""Grammar 2.x: sections, variables, and files that include each other."""

from app.edits.mmm.v2.edit import SocketWant, edit_socket
from app.edits.mmm.v2.mode import put_back_mode, set_mode
from app.edits.mmm.v2.read import DIRECTORIES, all_candidates, unread
from app.edits.mmm.v2.view import ConfView, HostView, MonitorView, RoleView, SocketView, read_conf

__all__ = [
    "DIRECTORIES",
    "ConfView",
    "HostView",
    "MonitorView",
    "RoleView",
    "SocketView",
    "SocketWant",
    "all_candidates",
    "edit_socket",
    "put_back_mode",
    "read_conf",
    "set_mode",
    "unread",
]
