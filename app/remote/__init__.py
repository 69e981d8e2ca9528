"""How hosts are reached and changed: SSH, their keys, the host transaction, what is observed."""

import sys

# paramiko loads it, and asyncio with it, for a reader of ssh_config that is not used here: a tenth
# of the time that a command takes to start.
sys.modules.setdefault("invoke", None)  # type: ignore[arg-type]
