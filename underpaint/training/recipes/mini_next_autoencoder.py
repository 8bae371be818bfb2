"""The first stage of the next `mini`: pictures of 512x512 to latents of 12 channels at 16x16."""

from underpaint.training.recipes import _next, mini_next

__all__ = ["prepare", "request"]

LABEL = "The autoencoder of the next mini"
GPU = _next.GPU["autoencoder"]

prepare = mini_next.prepare
request = _next.autoencoder
