"""Journeys from a sketch to pictures and on, against a real server with the stub engine."""

import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.faces.web.conftest import Desk, Server

if TYPE_CHECKING:
    from tests.faces.web.conftest import Opening

pytestmark = pytest.mark.slow

SLOW = "a slow banana !slow=0.2"


def test_a_doodle_becomes_four_pictures_one_of_which_stays_starred(desk: Desk) -> None:
    desk.generate()
    desk.key("3")
    assert desk.page.locator(".tile").nth(2).get_attribute("class") == "tile picked"
    desk.key(".")
    star = desk.page.locator(".tile-star").nth(2)
    star.and_(desk.page.locator("[aria-pressed=true]")).wait_for()
    desk.page.reload()
    desk.tiles(4)
    assert desk.page.locator(".tile-star[aria-pressed=true]").count() == 1


def test_the_sketch_is_sent_with_the_settings_shown(desk: Desk) -> None:
    desk.field("Sampling steps").fill("7")
    desk.field("Sampling steps").press("Enter")
    desk.page.get_by_label("Sampling method").select_option(label="Euler a")
    desk.generate("a hat")
    job = desk.listed("jobs?limit=1")[0]
    assert job["request"]["steps"] == 7
    assert job["request"]["sampler"] == "euler_ancestral"
    assert job["request"]["prompt"] == "a hat"
    assert set(job["inputs"]) == {"init"}


def test_words_alone_send_no_sketch(desk: Desk) -> None:
    desk.mode("Words")
    assert desk.field("Denoising strength").count() == 0
    desk.generate("a cat")
    assert desk.listed("jobs?limit=1")[0]["inputs"] == {}


def test_inpainting_needs_marks_and_sends_them(desk: Desk) -> None:
    desk.mode("Inpaint")
    desk.page.locator("#generate").click()
    desk.page.locator(".toast.bad").wait_for()
    desk.draw((0.3, 0.3), (0.7, 0.3))
    desk.generate()
    assert set(desk.listed("jobs?limit=1")[0]["inputs"]) == {"init", "mask"}


def test_ctrl_enter_generates_and_escape_cancels(desk: Desk) -> None:
    desk.page.locator("#prompt").fill(SLOW)
    desk.page.keyboard.press("Control+Enter")
    desk.page.locator(".progress progress[value]").wait_for()
    assert "of" in (desk.page.locator(".progress-words").text_content() or "")
    desk.page.keyboard.press("Escape")
    desk.page.locator(".outcome", has_text="Cancelled").wait_for()


def test_progress_shows_a_preview_and_the_time_left(desk: Desk) -> None:
    desk.submit(SLOW)
    desk.page.locator(".tile.waiting img[src^='data:image/jpeg']").wait_for()
    desk.page.locator(".progress-words", has_text="left").wait_for()
    desk.page.locator(".cancel").click()
    desk.page.locator(".outcome").wait_for()


def test_the_queue_is_reordered_and_cancelled_job_by_job(desk: Desk) -> None:
    for prompt in (SLOW, "second", "third"):
        desk.submit(prompt)
    desk.page.locator("#tab-queue").click()
    waiting = desk.page.locator(".queue-prompt")
    waiting.nth(2).wait_for()
    desk.page.get_by_role("button", name="Move to the front").last.click()
    desk.page.wait_for_function(
        "() => document.querySelectorAll('.queue-prompt')[1].textContent === 'third'"
    )
    for left in (2, 1, 0):
        desk.page.locator(".queue li").last.get_by_role("button", name="Cancel").click()
        desk.page.wait_for_function(
            "left => document.querySelectorAll('.queue li').length === left", arg=left
        )


def test_a_failed_job_says_why(desk: Desk) -> None:
    desk.submit("!fail")
    failed = desk.page.locator(".outcome.bad")
    failed.wait_for()
    assert len((failed.locator("span").text_content() or "").split()) > 1
    failed.get_by_role("button", name="Try again").click()
    desk.page.locator(".outcome.bad").wait_for()


def test_a_picture_becomes_the_next_sketch(desk: Desk) -> None:
    desk.generate("a start")
    desk.page.get_by_role("button", name="Use as sketch").click()
    desk.page.wait_for_timeout(400)
    first = desk.listed("jobs?limit=1")[0]["pictures"][0]
    desk.generate("going on")
    assert desk.listed("jobs?limit=1")[0]["parent"] == first


def test_a_picture_is_sent_to_inpaint(desk: Desk) -> None:
    desk.generate("a face")
    desk.page.get_by_role("button", name="Send to inpaint").click()
    desk.page.get_by_role("radio", name="Inpaint", exact=True).and_(
        desk.page.locator(":checked")
    ).wait_for()
    desk.draw((0.4, 0.4), (0.6, 0.6))
    desk.generate()
    assert set(desk.listed("jobs?limit=1")[0]["inputs"]) == {"init", "mask"}


def test_reproduce_paints_the_very_picture_again(desk: Desk) -> None:
    desk.generate("the same")
    job = desk.listed("jobs?limit=1")[0]
    [before] = [each for each in desk.listed(f"gallery?job={job['id']}") if each["index"] == 0]
    desk.page.get_by_role("button", name="Reproduce").click()
    desk.tiles(1)
    after = desk.listed("gallery?limit=1")[0]
    assert after["request"] == before["request"]

    def pixels(id: str) -> bytes:
        address = f"{desk.page.url.split('?')[0]}v1/gallery/{id}/file"
        with Image.open(io.BytesIO(desk.page.request.get(address).body())) as picture:
            return picture.tobytes()

    assert pixels(before["id"]) == pixels(after["id"])


def test_the_last_seed_is_reused_and_given_back_to_chance(desk: Desk) -> None:
    desk.generate("a seed")
    desk.page.get_by_role("button", name="Reuse the last seed").click()
    seed = desk.page.get_by_label("Seed", exact=True).first
    assert int(seed.input_value()) == desk.listed("jobs?limit=1")[0]["request"]["seed"]
    desk.page.get_by_role("button", name="A new seed each time (-1)").click()
    assert seed.input_value() == "-1"


def test_the_gallery_is_searched_and_narrowed_to_stars(desk: Desk) -> None:
    desk.generate("a quetzal on a branch")
    desk.key(".")
    desk.page.locator("#tab-gallery").click()
    desk.page.get_by_label("Search prompts").fill("quetzal")
    desk.page.wait_for_function("() => document.querySelectorAll('.thumbnails li').length === 4")
    desk.page.get_by_role("button", name="Only starred").click()
    desk.page.wait_for_function("() => document.querySelectorAll('.thumbnails li').length === 1")
    desk.page.get_by_label("Search prompts").fill("nothing is called so")
    desk.page.locator(".empty-title", has_text="No picture matches").wait_for()


def test_a_deleted_picture_can_be_had_back(desk: Desk) -> None:
    desk.generate("to be deleted")
    desk.key("Delete")
    desk.tiles(3)
    desk.page.get_by_role("button", name="Undo", exact=True).last.click()
    desk.tiles(4)


def test_a_picture_is_viewed_and_compared_with_its_sketch(desk: Desk) -> None:
    desk.generate("large")
    desk.key("z")
    desk.page.locator("dialog .large img").wait_for()
    desk.page.keyboard.press("ArrowRight")
    assert desk.page.locator(".tile").nth(1).get_attribute("class") == "tile picked"
    desk.page.keyboard.press("Escape")
    desk.page.locator("dialog").wait_for(state="hidden")
    desk.key("c")
    for way in ("Side by side", "Difference", "Slider"):
        desk.page.locator("dialog").get_by_role("radio", name=way).check()
        assert desk.page.locator(f".compared.{way.split()[0].lower()} img").count() == 2


def test_a_downloaded_picture_recalls_its_settings(desk: Desk) -> None:
    desk.field("CFG scale").fill("3.5")
    desk.field("CFG scale").press("Enter")
    desk.generate("(a comma:1.2), a colon: here")
    with desk.page.expect_download() as download:
        desk.page.get_by_role("button", name="Download").click()
    path = Path(download.value.path())
    desk.page.get_by_role("button", name="Reset to defaults").click()
    desk.page.locator("#prompt").fill("something else")
    desk.drop(path, "Recall settings")
    desk.page.locator(".toast", has_text="Settings recalled").wait_for()
    assert desk.page.locator("#prompt").input_value() == "(a comma:1.2), a colon: here"
    assert desk.field("CFG scale").input_value() == "3.5"


def test_other_programs_pictures_recall_theirs(desk: Desk, tmp_path: Path) -> None:
    graph = {
        "3": {
            "class_type": "KSampler",
            "inputs": {
                "seed": 42,
                "steps": 9,
                "cfg": 5,
                "sampler_name": "euler",
                "scheduler": "karras",
                "denoise": 1,
                "positive": ["6", 0],
                "negative": ["7", 0],
                "latent_image": ["5", 0],
            },
        },
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 256, "height": 320}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "from a graph"}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry"}},
    }
    text = PngInfo()
    text.add_text("prompt", json.dumps(graph))
    Image.new("RGB", (64, 64)).save(tmp_path / "comfy.png", pnginfo=text)
    desk.drop(tmp_path / "comfy.png", "Recall settings")
    desk.page.locator(".toast", has_text="Settings recalled").wait_for()
    assert desk.page.locator("#prompt").input_value() == "from a graph"
    assert desk.page.locator("#negative").input_value() == "blurry"
    assert desk.page.get_by_label("Seed", exact=True).first.input_value() == "42"
    assert desk.page.get_by_label("Schedule type").input_value() == "karras"
    assert desk.size() == (256, 320)


def test_live_painting_follows_the_brush_and_is_kept(desk: Desk) -> None:
    desk.key("l")
    desk.page.locator(".live-panel img").wait_for()
    first = desk.page.locator(".live-panel img").get_attribute("src")
    desk.draw((0.2, 0.2), (0.8, 0.3))
    desk.page.wait_for_function(
        "first => document.querySelector('.live-panel img').src !== first", arg=first
    )
    desk.page.locator(".live-panel:not([data-working])").wait_for()
    before = len(desk.listed("gallery?limit=500"))
    desk.page.get_by_role("button", name="Keep this picture").click()
    desk.page.locator(".toast", has_text="Kept in the gallery").wait_for()
    desk.page.wait_for_function(
        """count => fetch('/v1/gallery?limit=500').then(each => each.json())
            .then(all => all.length === count)""",
        arg=before + 1,
    )
    desk.key("l")
    desk.page.locator(".live-panel").wait_for(state="detached")


def test_a_job_goes_on_after_the_server_was_killed(
    pages: "Opening", server: Server, expected: list[str]
) -> None:
    expected += [
        "ERR_CONNECTION_REFUSED",
        "ERR_INCOMPLETE_CHUNKED_ENCODING",
        "ERR_EMPTY_RESPONSE",
        "ERR_CONNECTION_RESET",
    ]
    desk = Desk(pages(server.url, locale="en-GB"))
    desk.submit("!slow=0.1 survives")
    desk.page.locator(".progress progress[value]").wait_for()
    server.kill()
    desk.page.locator(".band", has_text=re.compile("restarts|does not answer")).wait_for()
    assert desk.page.locator("#generate").is_disabled()
    server.start()
    desk.page.goto(server.url)
    desk.page.locator(".tile-picture").nth(3).wait_for(timeout=40_000)


def test_a_reload_in_the_middle_of_a_job_shows_it_again(desk: Desk) -> None:
    desk.submit("!slow=0.1 reload")
    desk.page.locator(".progress progress[value]").wait_for()
    desk.page.reload()
    desk.page.locator(".progress").wait_for()
    desk.page.locator(".cancel").click()
    desk.page.locator(".outcome").wait_for()
