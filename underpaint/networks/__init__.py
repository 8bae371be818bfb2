"""Neural networks, named as the checkpoints name them."""
