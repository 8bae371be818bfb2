"""Journeys of files: drawings with their layers, many pictures at once, masks from elsewhere."""

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from tests.faces.web.conftest import Desk, pixel

pytestmark = pytest.mark.slow

ROLE = "{urn:underpaint}role"
RED, BLUE = (226, 59, 59), (47, 111, 222)


def saved(desk: Desk, folder: Path) -> Path:
    """Return where the drawing is saved with its layers."""
    desk.menu()
    with desk.page.expect_download() as download:
        desk.page.get_by_role("button", name="Save with layers (.ora)").click()
    path = folder / download.value.suggested_filename
    path.write_bytes(Path(download.value.path()).read_bytes())
    return path


def three_layers(desk: Desk) -> None:
    """Draw on a sketch, a mask and a guide layer."""
    desk.menu("Black 512×512")
    desk.colour("#e23b3b")
    desk.draw((0.2, 0.3), (0.8, 0.3))
    desk.mode("Inpaint")
    desk.draw((0.2, 0.6), (0.8, 0.6))
    desk.page.get_by_role("button", name="Add guide layer").click()
    desk.colour("#2f6fde")
    desk.draw((0.2, 0.9), (0.8, 0.9))


def test_a_drawing_is_saved_with_its_layers(desk: Desk, tmp_path: Path) -> None:
    three_layers(desk)
    with zipfile.ZipFile(saved(desk, tmp_path)) as archive:
        assert archive.testzip() is None
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("mimetype") == b"image/openraster"
        stack = ElementTree.fromstring(archive.read("stack.xml"))
        layers = list(stack.iter("layer"))
        assert (stack.get("w"), stack.get("h")) == ("512", "512")
        assert [each.get(ROLE) for each in layers] == ["guide", "mask", "sketch", "background"]
        with Image.open(io.BytesIO(archive.read("mergedimage.png"))) as merged:
            assert pixel(merged, 256, 154)[:3] == RED
            assert pixel(merged, 256, 460)[:3] == (0, 0, 0)  # guides are no part of it
        with Image.open(io.BytesIO(archive.read(layers[0].get("src") or ""))) as guide:
            assert pixel(guide, 256, 460) == (*BLUE, 255)
            assert pixel(guide, 256, 154)[3] == 0
        with Image.open(io.BytesIO(archive.read("Thumbnails/thumbnail.png"))) as small:
            assert small.size == (256, 256)


def test_a_saved_drawing_comes_back_to_the_last_bit(desk: Desk, tmp_path: Path) -> None:
    three_layers(desk)
    path = saved(desk, tmp_path)
    desk.menu("White 512×512")
    desk.drop(path)
    desk.page.wait_for_function("() => document.querySelectorAll('.layer').length === 3")
    (tmp_path / "again").mkdir()
    again = saved(desk, tmp_path / "again")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(again) as after:
        assert {each.CRC for each in before.infolist()} == {each.CRC for each in after.infolist()}
    desk.key("Control+z")
    assert pixel(desk.drawing(), 256, 154)[:3] == (255, 255, 255)


def test_others_drawings_are_opened_where_their_layers_lie(desk: Desk, tmp_path: Path) -> None:
    dot = io.BytesIO()
    Image.new("RGB", (40, 40), BLUE).save(dot, "PNG")
    layers = "".join(
        f'<layer name="{n}" src="data/dot.png" x="{n * 40}" y="40" opacity="1"/>' for n in range(10)
    )
    with zipfile.ZipFile(tmp_path / "theirs.ora", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "image/openraster", zipfile.ZIP_STORED)
        archive.writestr("stack.xml", f'<image w="512" h="256"><stack>{layers}</stack></image>')
        archive.writestr("data/dot.png", dot.getvalue())
    desk.drop(tmp_path / "theirs.ora")
    desk.page.wait_for_function("() => document.querySelectorAll('.layer').length === 8")
    picture = desk.drawing()
    assert picture.size == (512, 256)
    for n in range(10):
        assert pixel(picture, n * 40 + 20, 60)[:3] == BLUE
    assert pixel(picture, 20, 20)[:3] == (255, 255, 255)


def test_what_is_no_drawing_is_said(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "broken.ora").write_bytes(b"PK no archive")
    desk.drop(tmp_path / "broken.ora")
    desk.page.locator(".toast.bad", has_text="no OpenRaster drawing").wait_for()


def test_each_of_many_pictures_is_painted_in_its_own_shape(desk: Desk, tmp_path: Path) -> None:
    sizes = [(300, 200), (200, 300), (256, 256)]
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for path, size in zip(paths, sizes, strict=True):
        Image.new("RGB", size, RED).save(path)
    desk.page.locator("#prompt").fill("each of them")
    desk.field("Pictures").fill("1")
    desk.field("Pictures").press("Enter")
    desk.drop(paths, "Paint each of the 3")
    desk.page.locator(".toast", has_text="3 pictures handed in").wait_for()
    jobs = [
        job for job in desk.listed("jobs?limit=9") if job["request"]["prompt"] == "each of them"
    ]
    shapes = {(job["request"]["width"], job["request"]["height"]) for job in jobs}
    assert shapes == {(512, 344), (344, 512), (512, 512)}
    assert all(set(job["inputs"]) == {"init"} for job in jobs)


def test_many_pictures_become_layers(desk: Desk, tmp_path: Path) -> None:
    for name in ("one", "two"):
        Image.new("RGB", (64, 64), RED).save(tmp_path / f"{name}.png")
    desk.drop([tmp_path / "one.png", tmp_path / "two.png"], "Add as layers")
    desk.page.get_by_role("button", name="Layers").click()
    desk.page.wait_for_function("() => document.querySelectorAll('.layer').length === 3")


def test_a_mask_is_opened_from_the_menu(desk: Desk, tmp_path: Path) -> None:
    mask = Image.new("L", (512, 512), 0)
    mask.paste(255, (0, 0, 256, 512))
    mask.save(tmp_path / "mask.png")
    desk.menu()
    with desk.page.expect_file_chooser() as chooser:
        desk.page.get_by_role("button", name="Open a mask…").click()
    chooser.value.set_files(tmp_path / "mask.png")
    desk.page.get_by_role("radio", name="Inpaint", exact=True).and_(
        desk.page.locator(":checked")
    ).wait_for()
    assert desk.drawing("Save mask as PNG").convert("L").tobytes() == mask.tobytes()


@pytest.mark.parametrize(("sheet", "colour"), [("white", 255), ("black", 0)])
def test_a_fresh_sheet_is_one_press_and_undone(desk: Desk, sheet: str, colour: int) -> None:
    banana = desk.drawing().tobytes()
    desk.page.get_by_role("button", name=f"New drawing on {sheet}, 512×512").click()
    assert desk.drawing().getextrema()[0] == (colour, colour)
    desk.page.locator(".toast-action", has_text="Undo").click()
    assert desk.drawing().tobytes() == banana


def test_a_colour_lies_at_hand(desk: Desk) -> None:
    desk.page.get_by_role("button", name="New drawing on white, 512×512").click()
    desk.page.locator(".at-hand").get_by_role("button", name="Use #e23b3b").click()
    desk.draw((0.2, 0.5), (0.8, 0.5))
    assert pixel(desk.drawing(), 256, 256)[:3] == RED
