"""The command line, most of it as a person would start it: a process of its own."""

import errno
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy
import pytest
import torch

from underpaint import files, infotext
from underpaint.faces import cli
from underpaint.families import tiny
from underpaint.media import Image

ROOT = Path(__file__).parents[2]
ENVIRONMENT: Mapping[str, str] = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"}
QUICK = ("--model", "tiny", "--steps", "2", "--width", "64", "--height", "64")


def underpaint(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    return subprocess.run(
        [sys.executable, "-m", "underpaint", *arguments],
        cwd=cwd,
        env=dict(ENVIRONMENT),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one sentence of a refusal."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("underpaint: ")
    return line.removeprefix("underpaint: ")


def noise(side: int = 64) -> Image:
    levels = numpy.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=numpy.uint8)
    return Image.of(levels)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_words_become_numbered_pictures_that_tell_how_to_make_them_again(here: Path) -> None:
    done = underpaint("image", "a (red:1.2) fox", *QUICK, "--batch", "2", "--seed", "7", cwd=here)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["outputs/00000-7.png", "outputs/00001-8.png"]
    assert done.stderr.splitlines()[:2] == ["loading tiny", "painting 2 pictures"]

    second = here / "outputs/00001-8.png"
    said = infotext.read(Image.read(second).text)
    assert (said.prompt, said.seed, said.model) == ("a (red:1.2) fox", 8, "tiny")

    again = underpaint(
        "image", said.prompt, *QUICK, "--batch", "1", "--seed", "8", "--out", "again", cwd=here
    )
    assert again.stdout == "again/00000-8.png\n"
    assert (here / "again/00000-8.png").read_bytes() == second.read_bytes()


def test_a_sketch_and_a_mask_and_every_event_as_json(here: Path) -> None:
    (here / "doodle.png").write_bytes(noise().png())
    levels = numpy.zeros((64, 64), numpy.uint8)
    levels[:, 32:] = 255
    (here / "mask.png").write_bytes(Image.of(levels).png())
    done = underpaint(
        *("image", "a fox", *QUICK, "--batch", "1", "--init", "doodle.png", "--mask", "mask.png"),
        *("--strength", "0.9", "--sampler", "Euler a", "--schedule", "Karras", "--json"),
        cwd=here,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["started", "progress", "progress", "finished"]
    assert events[-1]["request"]["sampler"] == "euler_ancestral"
    painted = Image.read(here / events[-1]["path"]).array()
    assert (painted[:, :32] == noise().array()[:, :32]).all()


def test_a_picture_is_enlarged_and_keeps_its_text(here: Path) -> None:
    (here / "doodle.png").write_bytes(noise().with_text("a fox").png())
    done = underpaint("upscale", "doodle.png", "--width", "96", "--upscaler", "Nearest", cwd=here)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "outputs/00000-upscaled.png\n"
    large = Image.read(here / "outputs/00000-upscaled.png")
    assert (large.width, large.height) == (96, 96)
    assert infotext.parts(large.text)[2]["Postprocess upscale to"] == "96x96"
    told = refused(underpaint("upscale", "doodle.png", "--upscaler", "sharp", cwd=here))
    assert told == "no 'sharp' in upscalers; there are: lanczos, nearest"


def test_a_grid_is_its_pictures_and_a_sheet(here: Path) -> None:
    axes = ("--x", "steps: 1, 2", "--y", "seed: 3, 4")
    done = underpaint("grid", "a fox", *QUICK, *axes, cwd=here)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        *("outputs/00000-3.png", "outputs/00001-3.png"),
        *("outputs/00002-4.png", "outputs/00003-4.png"),
        done.stdout.split()[4],
    ]
    sheet = Image.read(here / done.stdout.split()[4])
    assert (sheet.width, sheet.height) > (128, 128)
    assert infotext.parts(sheet.text)[2]["Y Values"] == "3, 4"
    assert "painting 5 pictures" in done.stderr


def test_ctrl_c_stops_at_once_and_keeps_what_is_finished(here: Path) -> None:
    command = ("image", *QUICK[:3], "150", *QUICK[4:], "--batch", "16", "--seed", "1", "--json")
    with subprocess.Popen(
        [sys.executable, "-m", "underpaint", *command],
        cwd=here,
        env=dict(ENVIRONMENT),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "finished":
                break
        process.send_signal(signal.SIGINT)
        pressed = time.monotonic()
        process.stdout.read()
        assert process.wait(60) == 130
        assert time.monotonic() - pressed < 10
        assert process.stderr.read() == "underpaint: stopped; what was finished is kept\n"
    kept = sorted((here / "outputs").iterdir())
    assert 1 <= len(kept) < 16
    for path in kept:
        assert path.suffix == ".png"
        assert Image.read(path).text


def test_a_mistake_is_told_before_torch_is_imported(here: Path) -> None:
    code = (
        "import sys; from underpaint.faces.cli import run;"
        "code = run(['image', '--model', 'nothing']);"
        "sys.exit(99 if 'torch' in sys.modules else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=here,
        env=dict(ENVIRONMENT),
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused(done).startswith("no 'nothing' in models; there are:")
    assert not list(here.iterdir())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--strength", "2"], "strength is 2.0; it must be between 0 and 1"),
        (["--steps", "many"], "steps is 'many'; it must be a whole number between 1 and 150"),
        (["--width", "100"], "width is 100; it must be a multiple of 8 between 64 and 2048"),
        (["--sampler", "eular"], "no 'eular' in samplers; there are: ddim"),
        (["--model", "nothing"], "no 'nothing' in models; there are:"),
        (["--init", "missing.png"], "cannot read 'missing.png': No such file or directory"),
        (["--init", "empty.png"], "cannot read 'empty.png': these 0 bytes are not a picture"),
        (["--init", "words.png"], "cannot read 'words.png': these 9 bytes are not a picture"),
        (["--init", "torn.png"], "cannot read 'torn.png': the picture is damaged"),
        (["--init", "huge.png"], "cannot read 'huge.png': the picture is too large"),
        (["--mask", "good.png"], "mask is given without init"),
        (["--out", "words.png"], "cannot make the folder 'words.png'"),
        (["--models", "words.png"], "cannot read the folder 'words.png': Not a directory"),
        (["--device", "abacus"], "device is 'abacus'; it must be one of auto, cpu, cuda"),
        (["--dtype", "int3"], "dtype is 'int3'; it must be one of auto, float32"),
        (["--threads", "0"], "threads is '0'; it must be a whole number between 1 and 1024"),
        (["--stpes", "3"], "no such option: --stpes"),
        (["one", "two"], "got unexpected extra argument"),
        (["--steps"], "option '--steps' requires an argument"),
    ],
)
def test_a_mistake_is_one_sentence(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    good = noise().png()
    header = b"IHDR" + (60000).to_bytes(4, "big") * 2 + good[24:29]
    huge = good[:12] + header + zlib.crc32(header).to_bytes(4, "big") + good[33:]
    (here / "good.png").write_bytes(good)
    (here / "torn.png").write_bytes(good[: len(good) // 2])
    (here / "huge.png").write_bytes(huge)
    (here / "empty.png").write_bytes(b"")
    (here / "words.png").write_bytes(b"some text")
    before = sorted(here.iterdir())

    quick = () if "--model" in arguments else ("--model", "tiny")
    assert cli.run(["image", *quick, *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"underpaint: {sentence}")
    assert err.count("\n") == 1
    assert [path for path in sorted(here.iterdir()) if path.name != "outputs"] == before
    assert not list(here.glob("outputs/*"))


def test_a_full_disk_is_told_and_what_was_kept_stays_whole(here: Path) -> None:
    disk = here / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20k", "tmpfs", str(disk)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    try:
        done = underpaint("image", *QUICK, "--batch", "4", "--out", "disk", cwd=here)
        kept = sorted(disk.iterdir())
        assert done.returncode == 2
        assert "No space left on device" in done.stderr
        assert "Traceback" not in done.stderr
        assert [str(path.relative_to(here)) for path in kept] == done.stdout.split()
        for path in kept:
            assert Image.read(path).text
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_that_fills_up_leaves_no_part_of_a_picture(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    flush, flushed = os.fsync, list[int]()

    def full(descriptor: int) -> None:
        """Take the folder's trial and the first picture with its name; then no more."""
        flushed.append(descriptor)
        if len(flushed) > 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(descriptor)

    monkeypatch.setattr(files.os, "fsync", full)
    assert cli.run(["image", *QUICK, "--batch", "2", "--seed", "1"]) == 2
    out, err = capsys.readouterr()
    assert out == "outputs/00000-1.png\n"
    assert err.endswith("'outputs': No space left on device\n")
    assert [path.name for path in (here / "outputs").iterdir()] == ["00000-1.png"]


def test_a_fault_of_ours_is_one_sentence_and_its_trace_is_there_for_the_asking(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> Iterator[None]:
        raise RuntimeError("loose\nscrew")

    monkeypatch.setattr("underpaint.engines.inline.Engine.run", broken)
    assert cli.run(["image", *QUICK]) == 1
    assert capsys.readouterr().err == (
        "underpaint: RuntimeError: loose screw (a fault; --debug shows where)\n"
    )
    with pytest.raises(RuntimeError, match="loose"):
        cli.run(["image", *QUICK, "--debug"])


def test_models_info_and_doctor(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["models", "--json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out), list)

    (here / "fox.png").write_bytes(noise().with_text("a fox\nSteps: 9, Seed: 1, Size: 64x64").png())
    assert cli.run(["info", "fox.png", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == 9
    assert cli.run(["info", "nothing.png"]) == 2
    assert cli.run(["info"]) == 2
    assert "missing argument 'FILE'" in capsys.readouterr().err

    assert cli.run(["doctor", "--json", "--models", "fox.png"]) == 1
    findings = json.loads(capsys.readouterr().out)
    assert [each["what"] for each in findings if not each["good"]][:1] == ["models"]


def test_a_model_of_another_program_is_fetched_from_its_folder_and_painted_with(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "webui/models/Stable-diffusion").mkdir(parents=True)
    place = here / "webui/models/Stable-diffusion/old.ckpt"
    torch.save({"state_dict": dict(tiny.weights().tensors)}, place)
    where = ("--models", "webui")
    assert cli.run(["models", *where]) == 0
    assert "old   sd1" in capsys.readouterr().out

    assert cli.run(["models", "hash", "old.ckpt", *where]) == 0
    title = capsys.readouterr().out.splitlines()[1].partition("]")[0] + "]"
    assert cli.run(["models", "info", title, *where, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["layout"] == "torch.save file"

    wanted = ("--model", title, *QUICK[2:], "--batch", "1", "--seed", "3", *where)
    assert cli.run(["image", "a fox", *wanted]) == 0
    text = Image.read(here / "outputs/00000-3.png").text
    assert f"Model hash: {title[-11:-1]}, Model: old" in text


def test_models_verbs_tell_their_mistakes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, sentence in (
        (["pull", "fox"], "no 'fox' on the hub; a name there is OWNER/REPOSITORY[/FILE]"),
        (["pull", "me/fox"], "cannot fetch 'me/fox': HF_HUB_OFFLINE is set"),
        (["convert", "nothing"], "no 'nothing' in models; there are:"),
        (["convert", "mini", "--to", "onnx"], "to is 'onnx'; it must be one of safetensors"),
        (["info"], "missing argument 'MODEL'"),
        (["hash", "mini [0123456789]"], "no 'mini [0123456789]' in models; the 'mini' there is"),
        (["shred"], "no such command 'shred'"),
    ):
        assert cli.run(["models", *arguments]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"underpaint: {sentence}")
        assert err.count("\n") == 1
    assert (
        cli.run(["models", "convert", "mini", "--dtype", "float16", "--out", "half.safetensors"])
        == 0
    )
    assert capsys.readouterr().out == "half.safetensors\n"


def test_training_asks_for_a_recipe_and_checks_what_is_overridden(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["train", "nothing"]) == 2
    assert "no 'nothing' in recipes; there are: mini" in capsys.readouterr().err
    assert cli.run(["train", "mini", "--batch", "0"]) == 2
    assert "batch is 0; it must be between 1 and" in capsys.readouterr().err
    assert cli.run(["train", "mini", "--gpu"]) == 2
    assert "recipe 'mini' has no settings of its own for a GPU" in capsys.readouterr().err
    assert cli.run(["train", "mini", "--data", "nowhere"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_recipe_is_trained_with_what_is_overridden(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = here / "data"
    data.mkdir()
    for name in ("fox", "cat"):
        (data / f"{name}.png").write_bytes(noise().png())
        (data / f"{name}.txt").write_text(name)
    sizes = json.dumps({"vae": {"channels": 8, "multipliers": [1, 2], "blocks": 1}})
    quick = ("--size", "32", "--steps", "2", "--batch", "2", "--precision", "float32")
    arguments = ("--data", "data", "--out", "run", "--network", sizes, *quick, "--json")
    assert cli.run(["train", "mini_autoencoder", *arguments]) == 0

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["step"] for event in told if event["event"] == "learned"] == [1, 2]
    assert (here / "run/mini_autoencoder.safetensors").is_file()


def test_help_is_there_without_torch_or_requests(here: Path) -> None:
    code = (
        "import sys; from underpaint.faces.cli import run; code = run(['--help']);"
        "sys.exit(code or bool({'torch', 'pydantic', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=here,
        env=dict(ENVIRONMENT),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert all(verb in done.stdout for verb in cli.VERBS)


@pytest.mark.parametrize(
    "verb", ["", *cli.VERBS, *(f"models {v}" for v in cli.VERBS["models"].verbs)]
)
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*verb.split(), "--help"]) == 0
    assert f"Usage: underpaint {verb}" in capsys.readouterr().out


def test_the_version_and_no_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("underpaint ")
    assert cli.run([]) == 0
    assert "Usage:" in capsys.readouterr().out
    assert cli.run(["piant"]) == 2
    assert "no such command 'piant'" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_fault(here: Path) -> None:
    python = shlex.quote(sys.executable)
    command = f"{python} -m underpaint image {' '.join(QUICK)} --json | head -n 1"
    done = subprocess.run(
        command,
        shell=True,
        cwd=here,
        env=dict(ENVIRONMENT),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
