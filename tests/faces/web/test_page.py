"""What the page is like: its words, its states, its size, and that everybody can use it."""

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from tests.faces.web.conftest import ROOT, Desk, Server, box

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.faces.web.conftest import Opening

STATIC = ROOT / "underpaint" / "faces" / "web" / "static"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
MOST = 120 * 1024

slow = pytest.mark.slow


def test_the_page_is_small() -> None:
    sent = [path for path in STATIC.rglob("*") if path.suffix in {".js", ".css", ".html"}]
    assert len(sent) >= 3
    assert sum(len(gzip.compress(path.read_bytes())) for path in sent) <= MOST


def test_the_page_asks_nobody_else() -> None:
    for path in STATIC.rglob("*"):
        if path.suffix in {".js", ".css", ".html"}:
            text = path.read_text().replace("http://www.w3.org/", "")
            assert "http://" not in text
            assert "https://" not in text


def test_both_languages_are_complete() -> None:
    english, german = (
        json.loads((ROOT / "web" / "src" / "i18n" / f"{code}.json").read_text())
        for code in ("en", "de")
    )
    assert list(english) == list(german)
    assert all(english.values())
    assert all(german.values())


@slow
def test_a_german_sees_german(pages: "Opening", shared: Server) -> None:
    page = pages(shared.url, locale="de-DE")
    assert Desk(page).text("#generate").startswith("Malen")
    page.get_by_role("button", name="Hell oder dunkel, Sprache").click()
    page.get_by_label("Sprache", exact=True).select_option("en")
    assert Desk(page).text("#generate").startswith("Generate")
    page.reload()
    assert Desk(page).text("#generate").startswith("Generate")
    assert page.evaluate("document.documentElement.lang") == "en"


@slow
def test_the_theme_is_chosen_and_kept(desk: Desk) -> None:
    def ground() -> str:
        return desk.page.evaluate("getComputedStyle(document.body).backgroundColor")

    light = ground()
    desk.page.get_by_role("button", name="Light or dark, Language").click()
    desk.page.get_by_role("radio", name="Dark", exact=True).check()
    assert ground() != light
    dark = ground()
    desk.page.reload()
    desk.page.locator(".settings .slider").first.wait_for()
    assert ground() == dark


@slow
@pytest.mark.parametrize(("width", "height"), [(360, 640), (768, 1024), (1280, 720), (3840, 2160)])
def test_nothing_is_wider_than_the_screen(
    pages: "Opening", shared: Server, width: int, height: int
) -> None:
    page = pages(shared.url, width=width, height=height)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert box(page.locator("canvas.easel"))["width"] >= min(width, 300)
    assert box(page.locator("#generate"))["width"] >= 100


@slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed in web/")
def test_axe_finds_nothing_serious(pages: "Opening", shared: Server, scheme: str) -> None:
    page = pages(shared.url, color_scheme=scheme, locale="en-GB", bypass_csp=True)
    page.add_script_tag(path=str(AXE))
    desk = Desk(page)
    found = {"start": serious(page)}
    desk.generate("a picture to look at")
    found["results"] = serious(page)
    desk.mode("Inpaint")
    page.locator(".colour-menu .menu-button").click()
    found["colours and layers"] = serious(page)
    page.keyboard.press("Escape")
    for tab in ("gallery", "queue"):
        page.locator(f"#tab-{tab}").click()
        found[tab] = serious(page)
    for key, view in (("?", "help"), ("z", "viewer"), ("c", "comparison")):
        desk.key(key)
        page.locator("dialog").wait_for()
        found[view] = serious(page)
        page.keyboard.press("Escape")
        page.locator("dialog").wait_for(state="detached")
    assert {view: complaints for view, complaints in found.items() if complaints} == {}


def serious(page: "Page") -> list[str]:
    page.wait_for_timeout(250)  # colours that fade in are too faint while they do
    return page.evaluate(
        """async () => {
            const { violations } = await axe.run();
            return violations
                .filter(({ impact }) => impact === 'serious' || impact === 'critical')
                .map(({ id, nodes }) => id + ': ' + nodes.map(each => each.html).join(' '));
        }"""
    )


@slow
def test_every_control_has_a_name(desk: Desk) -> None:
    nameless = desk.page.evaluate(
        """() => [...document.querySelectorAll('button, select, textarea, input:not([hidden])')]
            .filter(each => !(each.getAttribute('aria-label') || each.textContent.trim()
                || (each.labels && [...each.labels].some(label => label.textContent.trim()))))
            .map(each => each.outerHTML)"""
    )
    assert nameless == []


@slow
def test_words_are_weighed_and_moved_by_key(desk: Desk) -> None:
    prompt = desk.page.locator("#prompt")
    prompt.fill("red hat, blue shoe")
    prompt.press("End")
    prompt.press("Control+ArrowUp")
    prompt.press("Control+ArrowUp")
    assert prompt.input_value() == "red hat, blue (shoe:1.2)"
    prompt.press("Control+Shift+ArrowDown")
    assert prompt.input_value() == "red hat, blue (shoe:1.19)"
    prompt.press("Alt+ArrowLeft")
    assert prompt.input_value() == "blue (shoe:1.19), red hat"


@slow
def test_earlier_prompts_come_back(desk: Desk) -> None:
    desk.generate("the first")
    desk.generate("the second")
    prompt = desk.page.locator("#prompt")
    prompt.fill("")
    prompt.press("Alt+ArrowUp")
    assert prompt.input_value() == "the second"
    prompt.press("Alt+ArrowUp")
    assert prompt.input_value() == "the first"


@slow
def test_letters_in_a_text_are_no_shortcuts(desk: Desk) -> None:
    desk.page.locator("#prompt").fill("")
    desk.page.locator("#prompt").press_sequentially("beg. l?")
    assert desk.page.locator("#prompt").input_value() == "beg. l?"
    assert desk.page.locator("dialog").count() == 0
    assert desk.page.locator(".tools [aria-label=Brush][aria-pressed=true]").count() == 1


@slow
def test_a_key_is_changed_on_the_page_of_keys(desk: Desk) -> None:
    desk.key("?")
    desk.page.get_by_role("button", name="change the key for Eraser").click()
    desk.page.keyboard.press("k")
    desk.page.keyboard.press("Escape")
    desk.page.locator("dialog").wait_for(state="detached")
    desk.key("k")
    assert desk.page.locator(".tools [aria-label=Eraser][aria-pressed=true]").count() == 1


def everything(desk: Desk, mode: str) -> str:
    """What the settings of a mode say with all their groups open."""
    desk.mode(mode)
    settings = desk.page.locator(".settings")
    settings.evaluate("all => all.querySelectorAll('details').forEach(each => (each.open = true))")
    return settings.inner_text()


@slow
def test_every_field_of_the_schema_has_a_control(desk: Desk) -> None:
    shown = "".join(everything(desk, mode) for mode in ("Words", "Sketch", "Inpaint"))
    schema = desk.page.evaluate("fetch('/v1/schemas').then(each => each.json())")["image"]
    elsewhere = {"prompt", "negative", "model", "init", "mask", "controls", "width", "height"}
    names = json.loads((ROOT / "web" / "src" / "i18n" / "en.json").read_text())
    for field in set(schema["properties"]) - elsewhere:
        plain = field[0].upper() + field[1:].replace("_", " ")
        assert names.get(f"field.{field}", plain) in shown


@slow
def test_without_the_key_the_page_says_where_it_is(
    pages: "Opening", shared: Server, expected: list[str]
) -> None:
    expected.append("401")
    page = pages(shared.url)
    page.context.clear_cookies()
    page.locator("#generate").click()
    page.locator(".band.bad", has_text="Open the address").wait_for()


@slow
def test_it_is_there_in_a_moment(pages: "Opening", shared: Server) -> None:
    page = pages(shared.url)
    page.reload()
    page.locator("#generate:not(:disabled)").wait_for()
    timing = page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive")
    assert timing < 2000  # 500 on a machine of one's own
