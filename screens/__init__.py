"""Textual screens: they ask and show; everything they know comes in, everything they do goes out."""
