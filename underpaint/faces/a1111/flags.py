"""The command line that A1111's users have in their `webui-user` file, flag by flag.

Every documented flag is understood: what has a meaning here does what it says, what has none is
named once at the start, and what would be unsafe is refused. An unknown flag is an error, as it
is there.
"""

import difflib
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from underpaint.errors import RequestError

__all__ = ["FLAGS", "Flag", "Habits", "read", "words"]

API_PORT = 7861

_FOLDERS = ("--ckpt-dir", "--models-dir")
_MANY = (*_FOLDERS, "--use-cpu")


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag.

    Attributes:
        values: how many words follow it: 0, 1, or -1 for any number.
        ours: the option of `underpaint studio` that it is; "" when it has no meaning here.
        refused: why it cannot be had, in words that go on from its name; "" when it can.
        quiet: it asks for what is so anyway, and is not worth a word.
    """

    values: int = 0
    ours: str = ""
    refused: str = ""
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Habits:
    """What a command line of A1111's asks for.

    Attributes:
        options: by the names of `underpaint studio`: texts, lists of texts, True for flags.
        notes: sentences about what has no meaning here.
    """

    options: Mapping[str, str | bool | list[str]]
    notes: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        """Return the words that ask `underpaint studio` for the same."""
        words: list[str] = []
        for name, value in self.options.items():
            option = f"--{name.replace('_', '-')}"
            if value is True:
                words.append(option)
            for each in value if isinstance(value, list) else [value]:
                words += [option, each] if isinstance(each, str) else []
        return words


_NO_TUNNEL = "is refused: this studio opens no tunnel; use --listen with --api-auth, or ssh -L"
_UNSAFE = "is refused: it would let a file or a page run code"

_SERVING = {
    "--listen": Flag(ours="listen"),
    "--port": Flag(1, "port"),
    "--server-name": Flag(1, "server_name"),
    "--api-auth": Flag(1, "api_auth"),
    "--gradio-auth": Flag(1, "api_auth"),
    "--gradio-auth-path": Flag(1, "api_auth_file"),
    "--cors-allow-origins": Flag(1, "cors_allow_origins"),
    "--tls-keyfile": Flag(1, "tls_keyfile"),
    "--tls-certfile": Flag(1, "tls_certfile"),
    "--autolaunch": Flag(ours="autolaunch"),
    "--data-dir": Flag(1, quiet=True),
    "--models-dir": Flag(1, quiet=True),
    "--ckpt-dir": Flag(1, quiet=True),
    "--styles-file": Flag(1, "styles"),
    "--nowebui": Flag(quiet=True),
    "--api-server-stop": Flag(ours="api_server_stop"),
    "--use-cpu": Flag(-1, quiet=True),
    "--no-half": Flag(quiet=True),
    "--precision": Flag(1, quiet=True),
    "--timeout-keep-alive": Flag(1, "timeout_keep_alive"),
}
_REFUSED = {
    "--share": Flag(refused=_NO_TUNNEL),
    "--ngrok": Flag(1, refused=_NO_TUNNEL),
    "--ngrok-options": Flag(1, refused=_NO_TUNNEL),
    "--ngrok-region": Flag(1, refused=_NO_TUNNEL),
    "--cors-allow-origins-regex": Flag(
        1, refused="is refused: name each page with --cors-allow-origins"
    ),
    "--subpath": Flag(1, refused="is refused: the studio stands at the top of its address"),
    "--gradio-allowed-path": Flag(1, refused="is refused: no folder is served by its path"),
    "--disable-safe-unpickle": Flag(refused=_UNSAFE),
    "--allow-code": Flag(refused=_UNSAFE),
    "--enable-insecure-extension-access": Flag(refused=_UNSAFE),
}
_AS_IT_IS = """
    api disable-all-extensions disable-extra-extensions disable-nan-check disable-tls-verify
    do-not-download-clip gradio-queue no-download-sd-model no-gradio-queue no-hashing
    no-progressbar-hiding opt-sdp-attention opt-sdp-no-mem-attention reinstall-torch
    reinstall-xformers show-negative-prompt skip-install skip-load-model-at-start
    skip-prepare-environment skip-python-version-check skip-torch-cuda-test skip-version-check
    update-all-extensions update-check use-textbox-seed
"""
_NO_MEANING = """
    add-stop-route administrator always-batch-cond-uncond api-log deepdanbooru
    disable-console-progressbars disable-model-loading-ram-optimization
    disable-opt-split-attention dump-sysinfo enable-console-prompts force-enable-xformers
    freeze-settings gradio-debug hide-ui-dir-config log-startup lowram lowvram medvram
    medvram-sdxl no-half-vae no-prompt-history opt-channelslast opt-split-attention
    opt-split-attention-invokeai opt-split-attention-v1 opt-sub-quad-attention test-server
    ui-debug-mode unix-filenames-sanitization unload-gfpgan upcast-sampling use-ipex xformers
    xformers-flash-attention
"""
_NO_MEANING_WITH_A_VALUE = """
    bsrgan-models-path ckpt clip-models-path codeformer-models-path config dat-models-path
    device-id embeddings-dir esrgan-models-path filenames-max-length freeze-settings-in-sections
    freeze-specific-settings gfpgan-dir gfpgan-model gfpgan-models-path gradio-img2img-tool
    gradio-inpaint-tool hypernetwork-dir ldsr-models-path localizations-dir loglevel lora-dir
    lyco-dir-backcompat max-batch-count realesrgan-models-path scunet-models-path
    sub-quad-chunk-threshold sub-quad-kv-chunk-size sub-quad-q-chunk-size swinir-models-path
    textual-inversion-templates-dir theme ui-config-file ui-settings-file vae-dir vae-path
"""

FLAGS: Mapping[str, Flag] = {
    **_SERVING,
    **_REFUSED,
    **{f"--{name}": Flag(quiet=True) for name in _AS_IT_IS.split()},
    **{f"--{name}": Flag() for name in _NO_MEANING.split()},
    **{f"--{name}": Flag(1) for name in _NO_MEANING_WITH_A_VALUE.split()},
}


def words(line: str) -> list[str]:
    """Return the words of COMMANDLINE_ARGS, as a shell would split them.

    Raises:
        RequestError: a quote is not closed.
    """
    try:
        return shlex.split(line)
    except ValueError as error:
        raise RequestError(f"COMMANDLINE_ARGS is {line[:60]!r}; a quote is not closed") from error


def read(arguments: Sequence[str]) -> Habits:
    """Return what a command line of A1111's asks for.

    Args:
        arguments: its words; a later one of two that exclude each other counts.

    Raises:
        RequestError: a flag is not known, is refused, or lacks its value.
    """
    given: dict[str, list[str]] = {}
    rest = list(arguments)
    while rest:
        name, joined, value = rest.pop(0).partition("=")
        flag = _known(name)
        taken = [value] if joined else _taken(flag, rest)
        _check(name, flag, taken)
        given[name] = [*given.get(name, []), *taken] if name in _MANY else taken
    return Habits(dict(_options(given)), _notes(given))


def _options(given: Mapping[str, list[str]]) -> Iterator[tuple[str, str | bool | list[str]]]:
    """Yield our options for what was given."""
    folders = [folder for name in _FOLDERS for folder in given.get(name, ())]
    for name, taken in given.items():
        if FLAGS[name].ours:
            yield FLAGS[name].ours, taken[-1] if taken else True
    if "--nowebui" in given and "--port" not in given:
        yield "port", str(API_PORT)
    if "--data-dir" in given:
        data = given["--data-dir"][-1].rstrip("/")
        yield "out", f"{data}/outputs"
        folders.append(f"{data}/models")
    if folders:
        yield "models", folders
    yield from _numbers(given)


def _numbers(given: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Yield where to compute and with which numbers."""
    precision = given.get("--precision", [""])[-1]
    if "--use-cpu" in given:
        yield "device", "cpu"
    if "--no-half" in given or precision == "full":
        yield "dtype", "float32"
    elif precision == "half":
        yield "dtype", "float16"


def _known(name: str) -> Flag:
    if name in FLAGS:
        return FLAGS[name]
    near = difflib.get_close_matches(name, FLAGS, 1)
    hint = f"; did you mean {near[0]}?" if near else "; docs/studio.md lists those there are"
    raise RequestError(f"no {name[:60]!r} among the flags{hint}")


def _taken(flag: Flag, rest: list[str]) -> list[str]:
    """Return the values that follow a flag, taken off the words that are left."""
    taken: list[str] = []
    while rest and len(taken) != flag.values and not rest[0].startswith("--"):
        taken.append(rest.pop(0))
    return taken


def _check(name: str, flag: Flag, taken: Sequence[str]) -> None:
    if flag.refused:
        raise RequestError(f"{name} {flag.refused}")
    if flag.values == 1 and not taken:
        raise RequestError(f"{name} needs a value after it")
    if flag.values == 0 and taken:
        raise RequestError(f"{name} takes no value; it was given {taken[0][:60]!r}")


def _notes(names: Iterable[str]) -> tuple[str, ...]:
    idle = [name for name in names if not FLAGS[name].ours and not FLAGS[name].quiet]
    return (f"without meaning here, and so without effect: {', '.join(idle)}",) if idle else ()
