"""Journeys of prompts: their tokens, adapters and embeddings, styles."""

import csv
import re

import pytest

from tests.faces.web.conftest import Desk, Server

pytestmark = pytest.mark.slow


def open_menu(desk: Desk, name: str) -> None:
    desk.page.get_by_role("button", name=name, exact=True).click()


def test_tokens_are_counted_while_one_types(desk: Desk) -> None:
    desk.page.locator("#prompt").fill("one")
    counts = desk.page.locator(".tokens")
    desk.page.locator(".tokens", has_text=re.compile("^[1-9]")).first.wait_for()
    few = int((counts.first.text_content() or "").split("/")[0])
    desk.page.locator("#prompt").press_sequentially(" more word and another")
    desk.page.wait_for_function(
        "few => parseInt(document.querySelector('.tokens').textContent) >= few + 4", arg=few
    )
    assert counts.last.text_content() == "0/75"
    assert "tokens" in (counts.first.get_attribute("title") or "")


def test_adapters_and_embeddings_go_where_the_caret_is(desk: Desk, shared: Server) -> None:
    open_menu(desk, "LoRA and embeddings for the negative prompt")
    desk.page.locator(".note", has_text="None yet").wait_for()
    desk.page.keyboard.press("Escape")
    shared.put("Lora/people/soft.safetensors")
    shared.put("embeddings/hands.pt")

    prompt = desk.page.locator("#prompt")
    prompt.fill("a face, smiling")
    prompt.evaluate("each => each.setSelectionRange(6, 6)")
    open_menu(desk, "LoRA and embeddings for the prompt")
    desk.page.get_by_label("Search", exact=True).fill("SOFT")
    assert desk.page.locator(".networks .list button").count() == 1
    desk.page.get_by_role("button", name="people/soft", exact=True).click()
    assert prompt.input_value() == "a face <lora:people/soft:1>, smiling"
    assert prompt.evaluate("each => [document.activeElement === each, each.selectionStart]") == [
        True,
        27,
    ]

    open_menu(desk, "LoRA and embeddings for the negative prompt")
    desk.page.get_by_role("button", name="hands", exact=True).click()
    assert desk.page.locator("#negative").input_value() == "hands"


def test_the_weight_of_an_adapter_is_part_of_the_prompt(desk: Desk) -> None:
    desk.generate("a face <lora:soft:1> smiling")
    assert "<lora:soft:1>" in desk.listed("jobs?limit=1")[0]["request"]["prompt"]


def test_a_style_is_kept_chosen_and_deleted(desk: Desk, shared: Server) -> None:
    desk.page.locator("#prompt").fill("ink drawing of {prompt}")
    desk.page.locator("#negative").fill("colour")
    open_menu(desk, "Styles")
    desk.page.get_by_label("Name of the style").fill("ink")
    desk.page.keyboard.press("Enter")
    desk.page.locator(".toast", has_text="Style ink kept").wait_for()
    with (shared.out.parent / "styles.csv").open(newline="") as file:
        assert [row["negative_prompt"] for row in csv.DictReader(file)] == ["colour"]

    desk.page.get_by_label("ink", exact=True).check()
    desk.page.keyboard.press("Escape")
    desk.page.locator("#negative").fill("")
    desk.generate("a cat")
    asked = desk.listed("jobs?limit=1")[0]["request"]
    assert (asked["prompt"], asked["negative"]) == ("ink drawing of a cat", "colour")
    assert desk.page.locator("#prompt").input_value() == "a cat"

    desk.page.reload()
    desk.page.get_by_role("button", name="Take off the style ink").click()
    desk.generate("a dog")
    assert desk.listed("jobs?limit=1")[0]["request"]["prompt"] == "a dog"
    open_menu(desk, "Styles")
    desk.page.get_by_role("button", name="Delete the style ink").click()
    desk.page.locator(".note", has_text="No styles yet").wait_for()
