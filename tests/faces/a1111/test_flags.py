"""The flags of A1111's users."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from underpaint.errors import RequestError
from underpaint.faces import cli
from underpaint.faces.a1111 import flags

# As A1111's wiki and its `--help` have them.
DOCUMENTED = """
    listen server-name= port= share ngrok= subpath= autolaunch tls-keyfile= tls-certfile=
    cors-allow-origins= cors-allow-origins-regex= timeout-keep-alive= api nowebui api-auth= api-log
    api-server-stop gradio-auth= gradio-auth-path= gradio-allowed-path= data-dir= models-dir=
    ckpt= ckpt-dir= vae-dir= lora-dir= embeddings-dir= hypernetwork-dir= styles-file=
    esrgan-models-path= no-download-sd-model no-hashing medvram medvram-sdxl lowvram lowram no-half
    no-half-vae precision= upcast-sampling disable-nan-check opt-channelslast xformers
    opt-sdp-attention opt-sdp-no-mem-attention opt-split-attention opt-split-attention-v1
    opt-split-attention-invokeai opt-sub-quad-attention disable-opt-split-attention use-cpu=
    skip-torch-cuda-test device-id= use-ipex theme= max-batch-count= freeze-settings
    hide-ui-dir-config ui-config-file= ui-settings-file= ui-debug-mode
    enable-insecure-extension-access allow-code disable-safe-unpickle disable-all-extensions
    disable-extra-extensions gradio-img2img-tool= gradio-inpaint-tool=
"""


@pytest.mark.parametrize("flag", DOCUMENTED.split())
def test_every_documented_flag_is_understood(flag: str) -> None:
    name, valued, _ = flag.partition("=")
    given = [f"--{name}", *(["x"] if valued else [])]
    if flags.FLAGS[f"--{name}"].refused:
        with pytest.raises(RequestError, match=f"^--{name} is refused: "):
            flags.read(given)
        return
    assert flags.read(given)
    if valued:
        assert flags.read([f"--{name}=x"]) == flags.read(given)


def test_the_tool_of_old_guides_still_parses_and_says_so_once() -> None:
    line = "--gradio-img2img-tool color-sketch --xformers --gradio-img2img-tool editor --listen"
    habits = flags.read(flags.words(line))
    assert habits.options == {"listen": True}
    assert habits.notes == (
        "without meaning here, and so without effect: --gradio-img2img-tool, --xformers",
    )


@pytest.mark.parametrize(
    ("line", "ours"),
    [
        ("", []),
        ("--api --port 7861", ["--port", "7861"]),
        ("--nowebui", ["--port", "7861"]),
        ("--nowebui --port=7", ["--port", "7"]),
        ("--listen --api-auth 'me:my secret'", ["--listen", "--api-auth", "me:my secret"]),
        ("--gradio-auth a:b", ["--api-auth", "a:b"]),
        ("--ckpt-dir /a --models-dir '/b c'", ["--models", "/a", "--models", "/b c"]),
        ("--data-dir /d", ["--out", "/d/outputs", "--models", "/d/models"]),
        ("--use-cpu all", ["--device", "cpu"]),
        ("--no-half", ["--dtype", "float32"]),
        ("--precision half", ["--dtype", "float16"]),
        ("--precision full --no-half", ["--dtype", "float32"]),
        ("--precision autocast", []),
        ("--cors-allow-origins http://a,http://b", ["--cors-allow-origins", "http://a,http://b"]),
    ],
)
def test_flags_become_our_options(line: str, ours: list[str]) -> None:
    assert flags.read(flags.words(line)).arguments() == ours


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--lisen", "no '--lisen' among the flags; did you mean --listen?"),
        ("--qqqqqqqqqqqq", "no '--qqqqqqqqqqqq' among the flags; docs/studio.md"),
        ("7860", "no '7860' among the flags"),
        ("--port", "--port needs a value after it"),
        ("--port --listen", "--port needs a value after it"),
        ("--listen=yes", "--listen takes no value; it was given 'yes'"),
        ("--listen yes", "no 'yes' among the flags"),
        ("--share", "--share is refused: this studio opens no tunnel"),
    ],
)
def test_what_is_not_sound_is_refused(line: str, words: str) -> None:
    with pytest.raises(RequestError) as refusal:
        flags.read(flags.words(line))
    assert str(refusal.value).startswith(words)


def test_an_open_quote_is_told() -> None:
    with pytest.raises(RequestError, match="a quote is not closed"):
        flags.words("--api-auth 'me:secret")


@given(st.lists(st.sampled_from([*flags.FLAGS, "x", "--port=1", "--lisen"]), max_size=8))
def test_any_line_is_read_or_refused(given: list[str]) -> None:
    try:
        habits = flags.read(given)
    except RequestError as error:
        assert "\n" not in str(error)
        return
    known = {parameter.name for parameter in cli.VERBS["studio"].parameters()}
    assert set(habits.options) <= known
