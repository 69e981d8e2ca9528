"""The steps of the wizard, one screen each over the draft."""
