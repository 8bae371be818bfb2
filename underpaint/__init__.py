"""A Stable Diffusion studio: your sketch is the underpainting; diffusion paints the rest."""
