"""Journeys of work besides one batch of pictures: grids, enlarging, ControlNets."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from tests.faces.web.conftest import Desk, Server, pixel

pytestmark = pytest.mark.slow


def sent(desk: Desk) -> dict[str, Any]:
    """Press Generate, and return the request that the page hands in."""
    with desk.page.expect_request("**/v1/jobs") as asked:
        desk.page.locator("#generate").click()
    return asked.value.post_data_json["request"]  # pyright: ignore[reportOptionalSubscript]


def open_group(desk: Desk, name: str) -> None:
    desk.page.locator("summary", has_text=name).click()


def test_a_grid_is_painted_and_its_sheet_shown_first(desk: Desk) -> None:
    open_group(desk, "X/Y/Z plot")
    desk.page.get_by_label("X type").select_option(label="Sampling steps")
    desk.page.get_by_label("X values").fill("2, 3")
    desk.page.get_by_label("X values").press("Enter")
    desk.page.get_by_label("Y type").select_option(label="CFG scale")
    desk.page.get_by_label("Y values").fill("4-8 (+2)")
    desk.page.get_by_label("Y values").press("Enter")
    assert desk.text("#generate").startswith("Generate the grid")
    desk.generate("a grid", pictures=7)
    job = desk.listed("jobs?limit=1")[0]
    assert (job["kind"], job["request"]["x"]) == ("grid", "steps: 2, 3")
    first = desk.page.locator(".tile").first
    assert first.get_attribute("class") == "tile picked"
    assert first.locator("kbd").text_content() == "7"


def test_all_choices_of_a_field_are_one_press(desk: Desk) -> None:
    open_group(desk, "X/Y/Z plot")
    desk.page.get_by_label("Z type").select_option(label="Noise source")
    desk.page.get_by_role("button", name="All values for Z").click()
    assert desk.page.get_by_label("Z values").input_value() == "cpu, gpu, nv"
    desk.page.get_by_label("Z type").select_option(label="Nothing")
    assert desk.text("#generate").startswith("Generate")
    assert "grid" not in desk.text("#generate")


def test_an_impossible_axis_is_refused_in_a_sentence(desk: Desk, expected: list[str]) -> None:
    expected.append("422")
    open_group(desk, "X/Y/Z plot")
    desk.page.get_by_label("X type").select_option(label="Sampling steps")
    desk.page.get_by_label("X values").fill("many")
    desk.page.get_by_label("X values").press("Enter")
    desk.page.locator("#generate").click()
    desk.page.locator(".toast.bad", has_text="many").wait_for()


def test_the_drawing_is_enlarged(desk: Desk) -> None:
    desk.mode("Upscale")
    assert desk.page.locator("#prompt").count() == 0
    desk.page.get_by_label("Upscaler", exact=True).select_option(label="Nearest")
    desk.field("Scale").fill("3")
    desk.field("Scale").press("Enter")
    assert desk.text("#generate").startswith("Upscale")
    desk.generate(pictures=1)
    job = desk.listed("jobs?limit=1")[0]
    assert job["kind"] == "upscale"
    assert (job["request"]["upscaler"], job["request"]["scale"]) == ("nearest", 3)
    assert set(job["inputs"]) == {"init"}


def test_a_picture_is_enlarged_by_its_button(desk: Desk) -> None:
    desk.generate("something small")
    picture = desk.listed("jobs?limit=1")[0]["pictures"][0]
    desk.page.get_by_role("button", name="Upscale", exact=True).click()
    desk.tiles(1)
    job = desk.listed("jobs?limit=1")[0]
    assert (job["kind"], job["inputs"]) == ("upscale", {"init": picture})
    assert desk.page.get_by_role("button", name="Use its settings").count() == 0


def test_a_guide_layer_leads_by_the_controlnet_chosen(
    desk: Desk, shared: Server, expected: list[str]
) -> None:
    expected.append("ERR_FAILED")
    open_group(desk, "ControlNet")
    desk.page.locator(".note", has_text="No ControlNet yet").wait_for()
    shared.put("ControlNet/lines.safetensors")
    desk.page.reload()
    desk.page.locator(".settings .slider").first.wait_for()
    desk.page.get_by_role("button", name="Layers").click()
    desk.page.get_by_role("button", name="Add guide layer").click()
    desk.colour("#ffffff")
    desk.draw((0.2, 0.5), (0.8, 0.5))
    open_group(desk, "ControlNet")
    desk.page.locator("#control_model").select_option("lines")
    desk.field("Control weight").fill("0.5")
    desk.field("Control weight").press("Enter")

    desk.page.route("**/v1/jobs", lambda route: route.abort())
    [control] = sent(desk)["controls"]
    assert (control["model"], control["weight"]) == ("lines", 0.5)
    with Image.open(io.BytesIO(base64.b64decode(control["picture"]))) as guide:
        assert pixel(guide, 256, 256)[:3] == (255, 255, 255)
        assert pixel(guide, 256, 20)[:3] == (0, 0, 0)


def test_a_loop_paints_over_its_own_results(desk: Desk) -> None:
    open_group(desk, "Loopback")
    desk.page.get_by_label("Paint over each result again").check()
    desk.field("Loops").fill("3")
    desk.field("Loops").press("Enter")
    desk.submit("over and over")
    job = desk.listed("jobs?limit=1")[0]
    assert (job["kind"], job["request"]["loops"]) == ("loopback", 3)


def test_a_picture_grows_at_its_edges(desk: Desk) -> None:
    open_group(desk, "Outpainting")
    desk.field("Right").fill("64")
    desk.field("Right").press("Enter")
    desk.generate("more of it")
    asked = desk.listed("jobs?limit=1")[0]["request"]
    assert (asked["extend_left"], asked["extend_right"]) == (0, 64)


def test_strokes_on_a_picture_say_where_to_repaint(desk: Desk) -> None:
    desk.generate("a face")
    picture = desk.listed("jobs?limit=1")[0]["pictures"][0]
    desk.page.get_by_role("button", name="Send to inpaint").click()
    desk.page.locator(".layer-name", has_text="Mask").wait_for()
    desk.page.locator(".layer-name", has_text="Sketch").click()
    desk.draw((0.3, 0.3), (0.7, 0.7))
    desk.submit()
    inputs = desk.listed("jobs?limit=1")[0]["inputs"]
    assert set(inputs) == {"init", "original"}
    assert inputs["original"] == picture


def test_upscalers_and_autoencoders_are_chosen_from_a_list(desk: Desk, shared: Server) -> None:
    shared.put("VAE/clear.safetensors")
    shared.put("ESRGAN/sharp.pth")
    desk.page.reload()
    desk.page.locator(".settings .slider").first.wait_for()
    open_group(desk, "More settings")
    desk.page.get_by_label("Autoencoder (VAE)").select_option("clear")
    desk.mode("Words")
    open_group(desk, "Hires. fix")
    desk.page.get_by_label("Hires upscaler").select_option(label="sharp")
    desk.mode("Upscale")
    offered = desk.page.get_by_label("Upscaler", exact=True).locator("option").all_text_contents()
    assert offered == ["Lanczos", "Nearest", "sharp"]
