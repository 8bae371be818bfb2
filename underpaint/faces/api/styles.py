"""`/v1/styles`: prompts kept under a name."""

from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from underpaint.studio.app import Studio
from underpaint.studio.styles import Style

__all__ = ["router"]

Name = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=16 * 2**10)]


class StyleView(BaseModel):
    """A style."""

    name: Name
    """What jobs ask for it by, in `styles`."""

    prompt: Text = ""
    """What it adds to a prompt, behind a comma; one with {prompt} in it takes the prompt there."""

    negative: Text = ""
    """What it adds to the negative prompt, in the same way."""

    @classmethod
    def of(cls, style: Style) -> Self:
        """Return what is shown of a style."""
        return cls(name=style.name, prompt=style.prompt, negative=style.negative)


def router(studio: Studio) -> APIRouter:
    """Return the calls about styles.

    Args:
        studio: what has them.
    """
    routes = APIRouter(prefix="/v1/styles", tags=["Styles"])

    @routes.get("", summary="Styles, in the order of their file")
    def listing() -> list[StyleView]:
        return [StyleView.of(style) for style in studio.styles.all()]

    @routes.put("", summary="Keep a style, in the place of one of its name")
    def keep(style: StyleView) -> StyleView:
        return StyleView.of(studio.styles.keep(Style(style.name, style.prompt, style.negative)))

    @routes.delete("", status_code=204, summary="Delete a style")
    def drop(name: Annotated[str, Query(max_length=200)]) -> None:
        studio.styles.drop(name)

    return routes
