"""What the training loop is made of: its schedule and its rows of tokens."""
