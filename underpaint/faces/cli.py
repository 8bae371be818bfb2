"""The command line: `underpaint image`, `grid`, `upscale`, `studio`, `models`, `train` and so on.

A verb's modules are imported when it runs, so that help is there at once; and a request is checked
before torch is imported, so that mistakes are told at once.

Exit codes: 0 done, 1 a fault of ours, 2 something the person can put right, 130 Ctrl-C.
"""

import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, cast

import typer

from underpaint.errors import UnderpaintError
from underpaint.faces import _places
from underpaint.faces._interruption import Interruption
from underpaint.faces._parameters import argument, flag, option
from underpaint.faces._verbs import Values, Verb, program

WEIGHTS = (".safetensors", ".ckpt", ".pt", ".pth", ".bin")
FAULT, REFUSED, INTERRUPTED = 1, 2, 130

_ABOUT = "Paint pictures from words and sketches, on your own machine."
_USAGE_ERROR = cast(type[typer.BadParameter], typer.BadParameter.__bases__[0])


def main() -> None:
    """Do what the arguments ask, and leave with the exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments ask, and return the exit code.

    Args:
        arguments: those after the program's name.
    """
    # Threads that wait for each other by spinning take the cores from those they wait for: on two
    # busy cores a picture was seen to take 35 s so, and 3 s with threads that sleep.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    with Interruption() as interruption:
        try:
            return _work(arguments)(interruption)
        except KeyboardInterrupt:
            return _ended("stopped; what was finished is kept", INTERRUPTED)
        except UnderpaintError as error:
            return _ended(str(error), REFUSED)
        except BrokenPipeError:  # whoever read our output has gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return FAULT
        except Exception as error:
            if "--debug" in arguments:
                raise
            if interruption.heard:
                return _ended("stopped; what was finished is kept", INTERRUPTED)
            words = " ".join(str(error).split())[:300]
            return _ended(f"{type(error).__name__}: {words} (a fault; --debug shows where)", FAULT)


def _work(arguments: Sequence[str]) -> Callable[[Interruption], int]:
    """Return what the arguments ask for, yet to be done.

    Raises:
        UnderpaintError: there is no such verb or option.
    """
    verb = next((word for word in arguments if not word.startswith("-")), "")
    parser = typer.main.get_command(program(VERBS, _about, _ABOUT, verb))
    try:
        work = parser.main(
            list(arguments) or ["--help"], prog_name="underpaint", standalone_mode=False
        )
    except _USAGE_ERROR as error:
        sentence = error.format_message().replace("\n", " ").rstrip(".")
        raise UnderpaintError(sentence[:1].lower() + sentence[1:]) from error
    if callable(work):
        return cast(Callable[[Interruption], int], work)
    return lambda _: int(work or 0)  # the help or the version, already shown


def _ended(sentence: str, code: int) -> int:
    sys.stderr.write(f"underpaint: {sentence}\n")
    return code


def _about(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=lambda asked: _version() if asked else None,
            help="Show the version and leave.",
        ),
    ] = False,
) -> None:
    """Take the options that need no verb."""


def _version() -> None:
    from importlib import metadata

    try:
        number = metadata.version("underpaint")
    except metadata.PackageNotFoundError:
        number = "from a folder, not installed"
    sys.stdout.write(f"underpaint {number}\n")
    raise typer.Exit


def _image(values: Values, interruption: Interruption) -> int:
    from underpaint.faces import _painting
    from underpaint.requests.image import ImageRequest

    return _painting.from_words(ImageRequest, values, interruption)


def _grid(values: Values, interruption: Interruption) -> int:
    from underpaint.faces import _painting
    from underpaint.requests.grid import GridRequest

    return _painting.from_words(GridRequest, values, interruption)


def _loopback(values: Values, interruption: Interruption) -> int:
    from underpaint.faces import _painting
    from underpaint.requests.loopback import LoopbackRequest

    return _painting.from_words(LoopbackRequest, values, interruption)


def _upscale(values: Values, interruption: Interruption) -> int:
    from underpaint.faces import _options, _painting
    from underpaint.requests.upscale import UpscaleRequest

    request = UpscaleRequest(**_options.given(UpscaleRequest, values))
    return _painting.done(request, "enlarging a picture", values, interruption=interruption)


def _models(values: Values, interruption: Interruption) -> int:
    from underpaint.faces import _models

    _models.listed(_places.folders(values), as_json=bool(values["json"]))
    return 0


def _models_pull(values: Values, interruption: Interruption) -> int:
    from underpaint.faces import _fetching

    folder = Path(values["to"] or _places.MODELS)
    given = {name: values[name] for name in ("mirror", "variant")}
    _fetching.pull(values["name"], folder, **given)
    return 0


def _models_info(values: Values, interruption: Interruption) -> int:
    from underpaint.faces import _models
    from underpaint.weights import shelf

    folders = _places.folders(values)
    place = shelf.find(values["model"], folders)
    _models.info(place, folders, as_json=bool(values["json"]))
    return 0


def _models_hash(values: Values, interruption: Interruption) -> int:
    from underpaint.faces import _fetching

    names = [values["model"]] if values["model"] else []
    _fetching.told(names, _places.folders(values), as_json=bool(values["json"]))
    return 0


def _models_convert(values: Values, interruption: Interruption) -> int:
    from underpaint.weights import shelf

    place = shelf.find(values["model"], _places.folders(values))

    from underpaint.faces import _models

    _models.convert(place, values)
    return 0


def _train(values: Values, interruption: Interruption) -> int:
    from underpaint import catalog
    from underpaint.faces import _options, _telling
    from underpaint.requests.train import TrainRequest

    overrides = _options.given(TrainRequest, values)
    recipe = catalog.entry("underpaint.training.recipes", values["recipe"])
    teller = _telling.teller(f"training {values['recipe']}", as_json=bool(values["json"]))
    if values["prepare"]:
        _telling.tell(recipe.prepare(), teller, Path(), interruption)
        return 0

    from underpaint.training.budget import asked
    from underpaint.training.loop import train

    request = asked(recipe, overrides, gpu=bool(values["gpu"]))
    _telling.tell(train(request), teller, Path(request.out), interruption)
    return 0


def _studio(values: Values, interruption: Interruption) -> int:
    from underpaint.faces._http.launch import launch

    return launch(values)


def _info(values: Values, interruption: Interruption) -> int:
    path = Path(values["file"])
    if path.is_dir() or path.suffix in WEIGHTS:
        from underpaint.faces import _models

        _models.info(path, (), as_json=bool(values["json"]))
        return 0

    from underpaint.faces import _tables

    _tables.info(path, as_json=bool(values["json"]))
    return 0


def _doctor(values: Values, interruption: Interruption) -> int:
    from underpaint.faces._doctor import doctor

    good = doctor(_places.folders(values), _places.pictures(values), as_json=bool(values["json"]))
    return 0 if good else FAULT


def _image_parameters() -> list[inspect.Parameter]:
    from underpaint.faces import _options, _painting, _styles
    from underpaint.requests.image import ImageRequest

    made = _options.options(ImageRequest, argument="prompt")
    return _painting.options([*made, *_styles.parameters()])


def _grid_parameters() -> list[inspect.Parameter]:
    from underpaint.faces import _options, _painting, _styles
    from underpaint.requests.grid import GridRequest

    first = ("prompt", "x", "y", "z")
    made = _options.options(GridRequest, argument="prompt", without=("batch",))
    ordered = sorted(made, key=lambda one: one.name not in first)
    return _painting.options([*ordered, *_styles.parameters()])


def _loopback_parameters() -> list[inspect.Parameter]:
    from underpaint.faces import _options, _painting, _styles
    from underpaint.requests.loopback import LoopbackRequest

    made = _options.options(LoopbackRequest, argument="prompt", without=("batch",))
    return _painting.options([*made, *_styles.parameters()])


def _upscale_parameters() -> list[inspect.Parameter]:
    from underpaint.faces import _options, _painting
    from underpaint.requests.upscale import UpscaleRequest

    return _painting.options(_options.options(UpscaleRequest, argument="init"))


def _train_parameters() -> list[inspect.Parameter]:
    from underpaint import catalog
    from underpaint.faces._options import options
    from underpaint.requests.train import TrainRequest

    recipes = ", ".join(catalog.ids("underpaint.training.recipes"))
    return [
        argument("recipe", "RECIPE", f"What to train: {recipes}."),
        flag("prepare", "Fetch and compose the recipe's data, and train nothing."),
        flag("gpu", "Take the recipe's settings for one large GPU."),
        *options(TrainRequest, without=("recipe", "kind"), defaults=False),
        flag("json", "Write one line of JSON an event to standard output, and nothing else."),
    ]


def _studio_parameters() -> list[inspect.Parameter]:
    from underpaint.faces import _styles

    return [
        option("port", "NUMBER", "Where to stand; 0 is any that is free.", default="7860"),
        flag("listen", "Let other machines in; needs --api-auth."),
        option("api_auth", "USER:PASSWORD", "Who may come in; several with commas between."),
        option("api_auth_file", "FILE", "A file of these, not seen by who lists processes."),
        option("server_name", "NAME", "What others call this machine; lets them in."),
        option("cors_allow_origins", "ORIGINS", "Pages of other sites that may ask, by name."),
        option("tls_keyfile", "FILE", "The key for https."),
        option("tls_certfile", "FILE", "The certificate for https."),
        option("timeout_keep_alive", "SECONDS", "How long to keep idle connections.", default="30"),
        flag("autolaunch", "Open the page in a browser."),
        flag("api_server_stop", "Let callers end the server."),
        _places.out(),
        _MODELS,
        _styles.file(),
        *_places.computing(),
    ]


_MODELS = _places.models()
_JSON = flag("json", "Write JSON, for programs.")
_MODEL = "A model by name, as listed by `underpaint models`."

_MODEL_VERBS: Mapping[str, Verb] = {
    "pull": Verb(
        "Fetch a model from the Hugging Face hub, check it and keep it.",
        _models_pull,
        lambda: [
            argument("name", "REPOSITORY[/FILE]", "Such as OWNER/NAME or OWNER/NAME/FILE.ckpt."),
            option("to", "FOLDER", "Where to keep it.", default=_places.MODELS),
            option("mirror", "URL", "Another server that speaks the hub's protocol."),
            option("variant", "NAME", "Of a diffusers folder, such as fp16."),
        ],
    ),
    "convert": Verb(
        "Write a model anew, in another layout or dtype.",
        _models_convert,
        lambda: [
            argument("model", "MODEL", _MODEL),
            option("to", "LAYOUT", "safetensors or diffusers.", default="safetensors"),
            option("out", "PATH", "Where to.", default="beside the model"),
            option("dtype", "NAME", "float32, float16 or bfloat16.", default="as it is"),
            option("vae", "FILE", "An autoencoder to put in the place of its own."),
            _MODELS,
        ],
    ),
    "info": Verb(
        "Show what is in a model.",
        _models_info,
        lambda: [argument("model", "MODEL", _MODEL), _MODELS, _JSON],
    ),
    "hash": Verb(
        "Show the hashes of a model, or of all, as AUTOMATIC1111 does.",
        _models_hash,
        lambda: [argument("model", "MODEL", _MODEL, required=False), _MODELS, _JSON],
    ),
}

VERBS: Mapping[str, Verb] = {
    "image": Verb("Paint pictures of PROMPT.", _image, _image_parameters),
    "grid": Verb(
        "Paint pictures of PROMPT along axes, and a sheet of them all.", _grid, _grid_parameters
    ),
    "loopback": Verb("Paint over a picture again and again.", _loopback, _loopback_parameters),
    "upscale": Verb("Enlarge the picture in the file INIT.", _upscale, _upscale_parameters),
    "studio": Verb("Serve the studio to browsers and programs.", _studio, _studio_parameters),
    "models": Verb(
        "List the models there are, fetch or convert them.",
        _models,
        lambda: [_MODELS, _JSON],
        _MODEL_VERBS,
    ),
    "train": Verb("Train a model by a recipe.", _train, _train_parameters),
    "info": Verb(
        "Show how a picture was made, or what is in a model's file.",
        _info,
        lambda: [argument("file", "FILE", "A picture, or a model's file or folder."), _JSON],
    ),
    "doctor": Verb(
        "Look at what this machine has, and lacks.",
        _doctor,
        lambda: [
            _MODELS,
            option("out", "FOLDER", "Where pictures are kept.", default=_places.OUTPUTS),
            _JSON,
        ],
    ),
}
