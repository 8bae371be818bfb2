"""`/v1/gallery`: the pictures there are; each is named by an opaque id, and by nothing else."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from underpaint.errors import MediaError
from underpaint.faces.api.views import Id, PictureView, of_request
from underpaint.media import Image
from underpaint.studio.app import Studio
from underpaint.studio.gallery import Gallery

__all__ = ["MAX_UPLOAD", "router"]

MAX_UPLOAD = 20 * 2**20

# Whatever the bytes are, no browser makes a page of them.
_AS_MEDIA = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Disposition": "inline",
    "Cache-Control": "private, max-age=31536000, immutable",
}
_PNG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
}
_WEBP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}}}
}
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("image/png", "image/jpeg", "image/webp", "image/gif")
        },
    }
}
Text = Annotated[str, Query(max_length=256)]


class Star(BaseModel):
    """A star, or none."""

    starred: bool = True


class Tag(BaseModel):
    """A tag to add."""

    tag: Annotated[str, Field(min_length=1, max_length=64)]


def router(studio: Studio) -> APIRouter:
    """Return the calls about pictures.

    Args:
        studio: what has them.
    """
    routes = APIRouter(prefix="/v1/gallery", tags=["Gallery"])
    for add in (_add_lists, _add_pictures, _add_changes):
        add(routes, studio.gallery)
    return routes


def _add_lists(routes: APIRouter, gallery: Gallery) -> None:
    @routes.get("", summary="Pictures, newest first")
    def listing(  # noqa: PLR0913, PLR0917  each is one thing that a person narrows a list by
        query: Text = "",
        kind: Literal["picture", "sketch"] = "picture",
        starred: bool | None = None,
        tag: Text = "",
        model: Text = "",
        parent: Text = "",
        job: Text = "",
        deleted: bool = False,
        before: Annotated[int | None, Query(ge=0, le=2**53)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> list[PictureView]:
        found = gallery.listing(
            query,
            kind=kind,
            starred=starred,
            tag=tag,
            model=model,
            parent=parent,
            job=job,
            deleted=deleted,
            before=before,
            limit=limit,
        )
        return [PictureView.of(picture) for picture in found]

    @routes.get("/tags", summary="Tags, and how many pictures have each")
    def tags() -> dict[str, int]:
        return gallery.tags()

    @routes.post(
        "/sketches", status_code=201, summary="Bring a picture along", openapi_extra=_UPLOAD
    )
    async def keep_sketch(request: Request) -> PictureView:
        data = await request.body()
        if len(data) > MAX_UPLOAD:
            raise HTTPException(413, f"a picture has at most {MAX_UPLOAD // 2**20} MiB")
        try:
            picture = Image.decode(data)
        except MediaError as error:
            raise HTTPException(415, str(error)) from error
        return PictureView.of(gallery.keep_sketch(picture))


def _add_pictures(routes: APIRouter, gallery: Gallery) -> None:
    @routes.get("/{id}", summary="A picture, in words")
    def picture(id: Id) -> PictureView:
        return PictureView.of(gallery.picture(id))

    @routes.get(
        "/{id}/file", summary="A picture itself", response_class=FileResponse, responses=_PNG
    )
    def file(id: Id) -> FileResponse:
        return FileResponse(gallery.file(id), media_type="image/png", headers=_AS_MEDIA)

    @routes.get(
        "/{id}/thumbnail", summary="A picture, small", response_class=Response, responses=_WEBP
    )
    def thumbnail(id: Id, side: Annotated[int, Query(ge=16, le=1024)] = 256) -> Response:
        return Response(gallery.thumbnail(id, side), media_type="image/webp", headers=_AS_MEDIA)

    @routes.get("/{id}/request", summary="What paints a picture again, pictures included")
    def request(id: Id) -> dict[str, Any]:
        return of_request(gallery.request(id))

    @routes.get("/{id}/children", summary="What was made from a picture")
    def children(id: Id) -> list[PictureView]:
        return [PictureView.of(picture) for picture in gallery.children(gallery.picture(id).id)]

    @routes.get("/{id}/ancestors", summary="What a picture was made from, nearest first")
    def ancestors(id: Id) -> list[PictureView]:
        return [PictureView.of(picture) for picture in gallery.ancestors(id)]


def _add_changes(routes: APIRouter, gallery: Gallery) -> None:
    @routes.put("/{id}/star", summary="Give a picture a star, or take it")
    def star(id: Id, star: Star) -> PictureView:
        return PictureView.of(gallery.star(id, star.starred))

    @routes.post("/{id}/tags", summary="Add a tag to a picture")
    def add_tag(id: Id, tag: Tag) -> PictureView:
        return PictureView.of(gallery.tag(id, tag.tag))

    @routes.delete("/{id}/tags", summary="Take a tag from a picture")
    def remove_tag(id: Id, tag: Text) -> PictureView:
        return PictureView.of(gallery.untag(id, tag))

    @routes.delete("/{id}", summary="Delete a picture; it can be restored for some days")
    def delete(id: Id) -> PictureView:
        return PictureView.of(gallery.delete(id))

    @routes.post("/{id}/restore", summary="Bring a deleted picture back")
    def restore(id: Id) -> PictureView:
        return PictureView.of(gallery.restore(id))
