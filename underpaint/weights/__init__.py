"""Files of weights: read with suspicion, written whole, named as networks name them."""
