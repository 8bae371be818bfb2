"""The mathematics of diffusion: it knows no network, no file and no user."""
