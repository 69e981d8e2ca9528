"""Short questions: modal screens that collect one value and give it back."""
