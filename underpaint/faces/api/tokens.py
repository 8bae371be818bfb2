"""`/v1/tokens`: how long prompts are, as the model will read them."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Studio
from underpaint.studio.questions import Tokens

__all__ = ["router"]

Text = Annotated[str, Field(max_length=16 * 2**10)]


class Prompts(BaseModel):
    """Prompts as they would stand in a request."""

    prompt: Text = ""
    negative: Text = ""
    model: Annotated[str, Field(min_length=1, max_length=1024)] = ImageRequest().model
    """What is to read them."""

    styles: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=64)] = []
    """Styles that go on them first."""


def router(studio: Studio) -> APIRouter:
    """Return the call.

    Args:
        studio: what has a worker that can count.
    """
    routes = APIRouter(prefix="/v1", tags=["Lists"])

    @routes.post("/tokens", summary="How many tokens each context of the prompts has")
    def tokens(asked: Prompts) -> Tokens:
        plain = ImageRequest(prompt=asked.prompt, negative=asked.negative)
        styled = studio.styles.on(plain, asked.styles)
        return studio.worker.tokens(styled.prompt, styled.negative, asked.model)

    return routes
