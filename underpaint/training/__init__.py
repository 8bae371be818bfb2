"""Training: a folder of pictures in, a model out; `loop.train` is where to start reading."""
