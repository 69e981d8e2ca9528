"""Textual screens: they only ask and show; what they know is passed in."""
