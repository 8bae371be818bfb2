"""Journeys on the canvas: what a hand does, and what the saved drawing shows of it."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.faces.web.conftest import Desk, Server, box, pixel

if TYPE_CHECKING:
    from tests.faces.web.conftest import Opening

pytestmark = pytest.mark.slow

RED = (226, 59, 59)


def seen(desk: Desk, x: float, y: float) -> tuple[int, ...]:
    """The saved drawing's colour at a place, 0..1 across and down."""
    picture = desk.drawing()
    return pixel(picture, int(x * picture.width), int(y * picture.height))[:3]


def white(desk: Desk) -> None:
    desk.menu("White 512×512")


def test_the_first_minute_shows_a_doodle_and_a_prompt(desk: Desk) -> None:
    assert "banana" in desk.page.locator("#prompt").input_value()
    assert seen(desk, 0.6, 0.6) != (255, 255, 255)
    assert desk.page.locator(".band.hint").is_visible()
    desk.page.get_by_role("button", name="Hide this hint").click()
    assert not desk.page.locator(".band.hint").is_visible()


@pytest.mark.parametrize(("item", "colour"), [("White", 255), ("Black", 0)])
def test_one_click_gives_an_empty_square_of_512(desk: Desk, item: str, colour: int) -> None:
    desk.menu(f"{item} 512×512")
    picture = desk.drawing()
    assert picture.size == (512, 512)
    assert picture.getextrema()[0] == (colour, colour)


def test_the_brush_paints_and_undo_takes_it_back(desk: Desk) -> None:
    white(desk)
    desk.colour("#e23b3b")
    desk.draw((0.2, 0.5), (0.8, 0.5))
    assert seen(desk, 0.5, 0.5) == RED
    desk.key("Control+z")
    assert seen(desk, 0.5, 0.5) == (255, 255, 255)
    desk.key("Control+Shift+z")
    assert seen(desk, 0.5, 0.5) == RED


def test_the_eraser_lets_the_background_through(desk: Desk) -> None:
    desk.menu("Black 512×512")
    desk.colour("#e23b3b")
    desk.draw((0.2, 0.5), (0.8, 0.5))
    desk.key("e")
    desk.draw((0.5, 0.3), (0.5, 0.7))
    assert seen(desk, 0.5, 0.5) == (0, 0, 0)
    assert seen(desk, 0.3, 0.5) == RED


def test_fill_line_and_rectangle(desk: Desk) -> None:
    white(desk)
    desk.colour("#e23b3b")
    desk.key("u")
    desk.draw((0.25, 0.25), (0.75, 0.75))
    assert seen(desk, 0.5, 0.5) == RED
    desk.colour("#000000")
    desk.key("g")
    desk.draw((0.5, 0.5))
    assert seen(desk, 0.3, 0.3) == (0, 0, 0)
    assert seen(desk, 0.1, 0.1) == (255, 255, 255)
    desk.colour("#e23b3b")
    desk.key("n")
    desk.draw((0.05, 0.1), (0.5, 0.9), (0.95, 0.1))
    assert seen(desk, 0.5, 0.1) == RED


def test_move_shifts_the_layer(desk: Desk) -> None:
    white(desk)
    desk.colour("#e23b3b")
    desk.key("u")
    desk.draw((0.1, 0.1), (0.2, 0.2))
    desk.key("v")
    desk.draw((0.15, 0.15), (0.65, 0.65))
    assert seen(desk, 0.65, 0.65) == RED
    assert seen(desk, 0.15, 0.15) == (255, 255, 255)


def test_the_eyedropper_and_alt_click_take_a_colour(desk: Desk) -> None:
    desk.key("i")
    desk.draw((0.5, 0.68))
    taken = desk.page.locator(".colour-menu .menu-button").get_attribute("aria-label")
    assert taken not in {None, "Colour #ffffff"}
    desk.key("b")
    desk.page.keyboard.down("Alt")
    desk.draw((0.05, 0.05))
    desk.page.keyboard.up("Alt")
    assert "#ffffff" in (
        desk.page.locator(".colour-menu .menu-button").get_attribute("aria-label") or ""
    )


def test_a_half_opaque_stroke_does_not_build_up(desk: Desk) -> None:
    desk.menu("Black 512×512")
    desk.colour("#ffffff")
    desk.key("Shift+Digit5")
    desk.draw((0.2, 0.5), (0.8, 0.5), (0.2, 0.5))
    assert seen(desk, 0.5, 0.5)[0] == pytest.approx(128, abs=2)


def test_brush_keys_change_size_and_hardness(desk: Desk) -> None:
    size = int(desk.field("Size").input_value())
    desk.key("BracketRight")
    assert int(desk.field("Size").input_value()) > size
    desk.key("BracketLeft")
    assert int(desk.field("Size").input_value()) == pytest.approx(size, abs=1)
    hardness = int(desk.field("Hardness").input_value())
    desk.key("Shift+BracketLeft")
    assert int(desk.field("Hardness").input_value()) == hardness - 10


def test_colours_are_swapped_and_reset_by_key(desk: Desk) -> None:
    def label() -> str:
        return desk.page.locator(".colour-menu .menu-button").get_attribute("aria-label") or ""

    desk.colour("#e23b3b")
    desk.key("x")
    assert "#ffffff" in label()
    desk.key("d")
    assert "#000000" in label()


def test_a_stroke_that_leaves_the_canvas_is_kept(desk: Desk) -> None:
    white(desk)
    desk.colour("#e23b3b")
    desk.page.mouse.move(*desk.at(0.5, 0.5))
    desk.page.mouse.down()
    desk.page.mouse.move(*desk.at(0.9, 0.5), steps=5)
    desk.page.mouse.move(1400, 5, steps=5)
    desk.page.mouse.up()
    assert seen(desk, 0.8, 0.5) == RED


def test_nothing_is_lost_on_reload(desk: Desk) -> None:
    white(desk)
    desk.colour("#e23b3b")
    desk.draw((0.2, 0.5), (0.8, 0.5))
    desk.page.locator("#prompt").fill("a red line")
    desk.page.wait_for_timeout(1200)
    desk.page.reload()
    desk.page.locator("html[data-ready]").wait_for()
    assert seen(desk, 0.5, 0.5) == RED
    assert desk.page.locator("#prompt").input_value() == "a red line"


def test_layers_are_added_hidden_and_removed(desk: Desk) -> None:
    white(desk)
    desk.page.get_by_role("button", name="Layers").click()
    desk.page.get_by_role("button", name="Add sketch layer").click()
    desk.colour("#e23b3b")
    desk.draw((0.2, 0.5), (0.8, 0.5))
    desk.page.get_by_role("button", name="Show or hide Sketch 2").click()
    assert seen(desk, 0.5, 0.5) == (255, 255, 255)
    desk.page.get_by_role("button", name="Show or hide Sketch 2").click()
    assert seen(desk, 0.5, 0.5) == RED
    desk.page.get_by_role("button", name="Remove Sketch 2").click()
    assert seen(desk, 0.5, 0.5) == (255, 255, 255)


def test_guides_are_seen_but_never_painted_from(desk: Desk) -> None:
    white(desk)
    desk.page.get_by_role("button", name="Layers").click()
    desk.page.get_by_role("button", name="Add guide layer").click()
    desk.colour("#e23b3b")
    desk.draw((0.2, 0.5), (0.8, 0.5))
    assert seen(desk, 0.5, 0.5) == (255, 255, 255)


def test_a_layer_is_saved_with_its_transparency(desk: Desk) -> None:
    white(desk)
    desk.colour("#e23b3b")
    desk.draw((0.2, 0.5), (0.8, 0.5))
    layer = desk.drawing("Save layer as PNG")
    assert layer.mode == "RGBA"
    assert pixel(layer, 256, 256) == (*RED, 255)
    assert pixel(layer, 256, 20)[3] == 0


def test_zoom_fit_and_actual_size(desk: Desk) -> None:
    percent = desk.page.locator(".zoom-bar .percent")
    fitted = percent.text_content()
    desk.page.get_by_role("button", name="Zoom in").click()
    assert percent.text_content() != fitted
    desk.key("r")
    assert percent.text_content() == "100 %"
    desk.page.mouse.move(*desk.at(0.5, 0.5))
    desk.page.mouse.wheel(0, -300)
    assert percent.text_content() != "100 %"
    desk.key("s")
    assert percent.text_content() == fitted


def test_the_wheel_with_control_changes_the_brush(desk: Desk) -> None:
    size = int(desk.field("Size").input_value())
    desk.page.mouse.move(*desk.at(0.5, 0.5))
    desk.page.keyboard.down("Control")
    desk.page.mouse.wheel(0, -120)
    desk.page.keyboard.up("Control")
    desk.page.wait_for_function(
        "size => Number(document.querySelector('.brush-bar .number').value) > size", arg=size
    )


def test_the_size_is_changed_and_swapped(desk: Desk) -> None:
    desk.field("Width").fill("640")
    desk.field("Width").press("Enter")
    desk.page.get_by_role("button", name="Swap width and height").click()
    assert desk.size() == (512, 640)


def test_the_keyboard_alone_can_draw(desk: Desk) -> None:
    white(desk)
    desk.colour("#e23b3b")
    desk.key("ArrowRight")
    desk.page.keyboard.press("Space")
    for _ in range(5):
        desk.page.keyboard.press("ArrowRight")
    desk.page.keyboard.press("Space")
    assert seen(desk, 0.55, 0.5) == RED


def test_a_dropped_picture_becomes_sketch_layer_or_mask(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "green.png"
    Image.new("RGB", (256, 128), (0, 200, 0)).save(path)
    desk.drop(path, "Open as sketch")
    desk.page.wait_for_function("() => document.querySelector('.size').textContent.includes('256')")
    assert desk.size() == (256, 128)
    assert seen(desk, 0.5, 0.5) == (0, 200, 0)
    white(desk)
    desk.drop(path, "Add as layer")
    desk.page.wait_for_timeout(300)
    assert seen(desk, 0.5, 0.5) == (0, 200, 0)
    assert seen(desk, 0.5, 0.1) == (255, 255, 255)
    Image.new("L", (512, 512), 255).save(path)
    desk.drop(path, "Open as mask")
    desk.page.wait_for_timeout(300)
    assert pixel(desk.drawing("Save mask as PNG"), 256, 256)[0] == 255


def test_what_is_no_picture_is_said(desk: Desk, tmp_path: Path, expected: list[str]) -> None:
    expected.append("blob:")  # the browser says it too, of the picture it could not show
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG nothing")
    desk.drop(path, "Open as sketch")
    desk.page.locator(".toast.bad").wait_for()


def test_a_saved_drawing_is_the_same_bytes_each_time(desk: Desk) -> None:
    desk.draw((0.2, 0.2), (0.8, 0.8))

    def saved() -> bytes:
        file = io.BytesIO()
        desk.drawing().save(file, "PNG")
        return file.getvalue()

    assert saved() == saved()


@pytest.mark.parametrize(("force", "wide"), [(1.0, True), (0.3, False)])
def test_a_pens_pressure_is_the_width(desk: Desk, force: float, wide: bool) -> None:
    white(desk)
    desk.colour("#e23b3b")
    desk.field("Size").fill("60")
    desk.field("Size").press("Enter")
    pen = desk.page.context.new_cdp_session(desk.page)
    steps = [("mousePressed", 0.2), *(("mouseMoved", 0.3 + each / 10) for each in range(5))]
    for kind, x in [*steps, ("mouseReleased", 0.7)]:
        across, down = desk.at(x, 0.5)
        event = {"type": kind, "x": across, "y": down, "button": "left", "buttons": 1}
        pen.send("Input.dispatchMouseEvent", event | {"pointerType": "pen", "force": force})
    picture = desk.drawing()
    assert pixel(picture, 256, 256)[:3] == RED
    assert (pixel(picture, 256, 256 + 20)[:3] == RED) is wide


def test_two_fingers_zoom_and_draw_nothing(pages: "Opening", shared: Server) -> None:
    page = pages(shared.url, width=800, height=600, has_touch=True, locale="en-GB")
    desk = Desk(page)
    before = page.locator(".zoom-bar .percent").text_content()
    middle = desk.at(0.5, 0.5)
    fingers = page.context.new_cdp_session(page)

    def touch(kind: str, *offsets: int) -> None:
        points = [
            {"x": middle[0] + each, "y": middle[1], "id": id} for id, each in enumerate(offsets)
        ]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", -20)
    touch("touchStart", -20, 20)
    for spread in (30, 50, 70):
        touch("touchMove", -spread, spread)
    touch("touchEnd")
    assert page.locator(".zoom-bar .percent").text_content() != before
    assert page.get_by_role("button", name="Undo").is_disabled()


def test_a_finger_draws_on_a_phone(pages: "Opening", shared: Server) -> None:
    page = pages(shared.url, width=360, height=640, has_touch=True, is_mobile=True, locale="en-GB")
    room = box(page.locator("canvas.easel"))
    page.touchscreen.tap(room["x"] + room["width"] / 2, room["y"] + room["height"] / 2)
    page.wait_for_function("!document.querySelector('.tools button[aria-label=Undo]').disabled")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
