"""Edit files that the user owns too: pure functions from bytes to bytes.

An edit changes what it must and nothing else; running it twice changes nothing; what cannot be
edited safely is refused with an `EditError` that names the line and the reason.
"""
