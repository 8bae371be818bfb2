"""The next `mini` taught to paint in four steps, without guidance and without a negative prompt.

After `underpaint train mini_next`, whose model is the teacher; see `training.distilling`.
"""

from underpaint.training.recipes import _next, mini_next

__all__ = ["prepare", "request"]

LABEL = "The next mini in four steps"
GPU = _next.GPU["four steps"]

prepare = mini_next.prepare
request = _next.four_steps
