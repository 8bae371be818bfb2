"""Files that attack whoever opens them as a model, made by code: T-MODEL.

Each of the pickles would leave a mark, the canary, if what it asks for were done; `test_models.py`
opens each, and one with Python's own pickle to see that it bites.
"""

import io
import json
import os
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

MARK, STOP = b"(", b"."
PROTOCOL = b"\x80\x02"


class Hostile(NamedTuple):
    """A file and why it is refused.

    Attributes:
        suffix: how its name ends.
        data: its bytes, or what makes it at a path.
        reason: a part of the sentence.
    """

    suffix: str
    data: bytes | Callable[[Path], object]
    reason: str


def text(words: str) -> bytes:
    """Return the instruction that pushes a text."""
    raw = words.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def asked(module: str, name: str, *arguments: bytes) -> bytes:
    """Return the instructions that call a function with arguments."""
    function = b"c" + module.encode() + b"\n" + name.encode() + b"\n"
    return function + MARK + b"".join(arguments) + b"tR"


def in_dictionary(value: bytes) -> bytes:
    """Return a pickle of {"a": value}."""
    return PROTOCOL + b"}" + text("a") + value + b"s" + STOP


def archive(program: bytes, *more: tuple[str, bytes], kind: int = zipfile.ZIP_STORED) -> bytes:
    """Return a file of torch.save with this pickle."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", kind) as file:
        for name, data in (("a/data.pkl", program), ("a/data/0", b"\0" * 64), *more):
            file.writestr(name, data)
    return held.getvalue()


def stream(program: bytes) -> bytes:
    """Return a file of torch.save as it was before torch 1.6."""
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
    parts = [pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, system)]
    return b"".join([*parts, program, pickle.dumps([], 2)])


def storage(
    key: str = "0", count: int = 16, kind: str = "FloatStorage", more: bytes = b""
) -> bytes:
    """Return the instructions that name a storage."""
    name = f"ctorch\n{kind}\n".encode()
    held = MARK + text("storage") + name + text(key) + text("cpu") + whole(count)
    return held + more + b"tQ"


def whole(number: int) -> bytes:
    """Return the instruction that pushes a whole number."""
    raw = number.to_bytes(16, "little", signed=True)
    return b"\x8a\x10" + raw


def numbers(*many: int) -> bytes:
    """Return the instructions that push a tuple of whole numbers."""
    return MARK + b"".join(map(whole, many)) + b"t"


def tensor(
    held: bytes, offset: int = 0, shape: tuple[int, ...] = (4,), strides: tuple[int, ...] = (1,)
) -> bytes:
    """Return the instructions that describe a tensor."""
    parts = (held, whole(offset), numbers(*shape), numbers(*strides), b"\x89", b"N")
    return asked("torch._utils", "_rebuild_tensor_v2", *parts)


def calls(canary: Path) -> Iterator[tuple[str, bytes]]:
    """Yield calls that leave the canary, or would do other harm, by what they call."""
    touch = f"touch {canary}"
    code = f"open({str(canary)!r}, 'w')"
    strings: Mapping[str, tuple[str, ...]] = {
        "os.system": (touch,),
        "posix.system": (touch,),
        "nt.system": (touch,),
        "os.popen": (touch,),
        "os.execl": ("/bin/touch", "touch", str(canary)),
        "os.remove": (str(canary),),
        "builtins.exec": (code,),
        "builtins.eval": (code,),
        "builtins.open": (str(canary), "w"),
        "builtins.compile": (code, "x", "exec"),
        "builtins.getattr": ("x", "__class__"),
        "builtins.__import__": ("antigravity",),
        "__builtin__.eval": (code,),
        "subprocess.check_output": (touch,),
        "subprocess.Popen": (touch,),
        "pty.spawn": ("/bin/sh",),
        "pip.main": ("install x",),
        "pip._internal.main": ("install x",),
        "importlib.import_module": ("antigravity",),
        "runpy.run_path": (str(canary),),
        "webbrowser.open": ("http://127.0.0.1",),
        "urllib.request.urlopen": ("http://127.0.0.1",),
        "socket.create_connection": ("127.0.0.1",),
        "shutil.rmtree": (str(canary.parent),),
        "ctypes.CDLL": ("libc.so.6",),
        "pickle.loads": ("x",),
        "_pickle.loads": ("x",),
        "marshal.loads": ("x",),
        "types.FunctionType": ("x",),
        "operator.attrgetter": ("system",),
        "functools.partial": ("x",),
        "timeit.timeit": (code,),
        "cProfile.run": (code,),
        "pdb.run": (code,),
        "code.interact": ("x",),
        "pydoc.pipepager": ("x", touch),
        "torch.load": (str(canary),),
        "torch.hub.load": ("evil/repo", "evil"),
        "torch.storage._load_from_bytes": ("x",),
        "torch.serialization.load": (str(canary),),
        "torch.utils._config_module.load_config": ("x",),
        "torch._inductor.codecache.compile_file": ("x",),
        "torch.jit.load": (str(canary),),
        "numpy.load": (str(canary),),
        "numpy.f2py.crackfortran.myeval": (code,),
        "numpy.testing._private.utils.runstring": (code, "x"),
        "transformers.AutoModel.from_pretrained": ("evil/repo",),
        "pathlib.Path": (str(canary),),
        "collections.Counter": ("x",),
        "copyreg._reconstructor": ("x",),
        "torch.nn.modules.linear.Linear": ("x",),
        "torch._utils._rebuild_xla_tensor": ("x",),
    }
    for name, arguments in strings.items():
        module, _, function = name.rpartition(".")
        yield name, asked(module, function, *map(text, arguments))


def pickles(canary: Path) -> Iterator[tuple[str, Hostile]]:
    """Yield pickles that call, each in a zip archive, in a stream or bare."""
    for name, call in calls(canary):
        yield name, Hostile(".ckpt", archive(in_dictionary(call)), name.rpartition(".")[2])
    system = dict(calls(canary))["os.system"]
    module, name = b"\x8c\x02os", b"\x8c\x06system"
    by_stack = module + name + b"\x93" + MARK + text(f"touch {canary}") + b"tR"
    by_inst = MARK + text(f"touch {canary}") + b"ios\nsystem\n"
    by_obj = MARK + b"cos\nsystem\n" + text(f"touch {canary}") + b"o"
    good = tensor(storage())
    yield from {
        "in a stream": Hostile(".pt", stream(in_dictionary(system)), "os.system"),
        "bare": Hostile(".ckpt", in_dictionary(system), "os.system"),
        "bare, as picture": Hostile(".bin", in_dictionary(system), "os.system"),
        "as safetensors": Hostile(".safetensors", archive(in_dictionary(system)), "safetensors"),
        "by the stack": Hostile(".pt", archive(in_dictionary(by_stack)), "os.system"),
        "by INST": Hostile(".pt", archive(in_dictionary(by_inst)), "instruction 'i'"),
        "by OBJ": Hostile(".pt", archive(in_dictionary(by_obj)), "os.system"),
        "by EXT": Hostile(".pt", archive(in_dictionary(b"\x82\x01")), "instruction"),
        "by NEWOBJ_EX": Hostile(".pt", archive(in_dictionary(b")}\x92")), "instruction"),
        "by PERSID": Hostile(".pt", archive(in_dictionary(b"Pos.system\n")), "instruction 'P'"),
        "text protocol": Hostile(".pt", pickle.dumps({"a": os.system}, 0), "neither"),
        "beside good weights": Hostile(
            ".ckpt",
            archive(PROTOCOL + b"}(" + text("w") + good + text("a") + system + b"u" + STOP),
            "os.system",
        ),
        "outside state_dict": Hostile(
            ".ckpt",
            archive(
                PROTOCOL
                + b"}("
                + text("state_dict")
                + b"}"
                + text("w")
                + good
                + b"s"
                + text("optimizer")
                + system
                + b"u"
                + STOP
            ),
            "os.system",
        ),
        "dropped again": Hostile(".pt", archive(PROTOCOL + system + b"0}" + STOP), "os.system"),
        "after the end": Hostile(
            ".pt", archive(in_dictionary(good) + system + STOP), "goes on after its end"
        ),
        "a text that is called": Hostile(
            ".pt", archive(in_dictionary(text("os.system") + b")R")), "calls what is not"
        ),
        "state for a class": Hostile(
            ".pt", archive(in_dictionary(b"ctorch\nFloatStorage\n" + b"}b")), "gives a state"
        ),
        "an embedding": Hostile(
            ".pt",
            archive(
                PROTOCOL
                + b"}("
                + text("string_to_param")
                + asked("torch.nn.modules.container", "ParameterDict")
                + b"}"
                + text("_parameters")
                + system
                + b"sb"
                + text("name")
                + text("fox")
                + b"u"
                + STOP
            ),
            "os.system",
        ),
        "an embedding in a stream": Hostile(".bin", stream(in_dictionary(system)), "os.system"),
    }.items()


def descriptions() -> Iterator[tuple[str, Hostile]]:
    """Yield pickles that call nothing, and lie about tensors or want memory or time."""

    def described(value: bytes, reason: str) -> Hostile:
        return Hostile(".ckpt", archive(in_dictionary(value)), reason)

    outside = "does not lie within its numbers"
    yield from {
        "offset outside": described(tensor(storage(), 16), outside),
        "offset of 2^62": described(tensor(storage(), 2**62), outside),
        "negative offset": described(tensor(storage(), -1), "cannot be"),
        "negative side": described(tensor(storage(), 0, (-4,)), "cannot be"),
        "two negative sides": described(tensor(storage(), 0, (-2, -2), (1, 1)), "cannot be"),
        "side of 2^62": described(tensor(storage(), 0, (2**62,)), outside),
        "sides that wrap": described(tensor(storage(), 0, (2**32, 2**32), (0, 0)), outside),
        "one number a million times": described(tensor(storage(), 0, (10**6,), (0,)), outside),
        "negative stride": described(tensor(storage(), 3, (4,), (-1,)), "cannot be"),
        "stride outside": described(tensor(storage(), 0, (2,), (16,)), outside),
        "a stride too few": described(tensor(storage(), 0, (2, 2), (1,)), "cannot be"),
        "nine sides": described(tensor(storage(), 0, (1,) * 9, (1,) * 9), outside),
        "half a side": described(
            asked("torch._utils", "_rebuild_tensor_v2", storage(), b"G" + b"\0" * 8, b")", b")"),
            "cannot be",
        ),
        "no storage": described(tensor(storage("7")), outside),
        "storage elsewhere": described(tensor(storage("../../../etc/passwd")), outside),
        "the pickle as storage": described(tensor(storage("../data.pkl")), outside),
        "negative storage": described(tensor(storage(count=-1)), "names a storage"),
        "storage of strange numbers": described(tensor(storage(kind="QInt8Storage")), "QInt8"),
        "view of a storage": described(tensor(storage(more=numbers(1))), "names a storage"),
        "storage that is a text": described(tensor(text("0")), "damaged"),
        "not a storage": described(numbers(1, 2, 3, 4, 5) + b"Q", "names a storage"),
        "no tensors": described(whole(1), "holds no tensors"),
        "a list": Hostile(".pt", archive(PROTOCOL + b"]" + STOP), "no dictionary"),
        "the name of the remarks": Hostile(
            ".pt",
            archive(PROTOCOL + b"}" + text("__metadata__") + tensor(storage()) + b"s" + STOP),
            "a name that cannot be",
        ),
        "text of 2^62": described(b"\x8d" + struct.pack("<Q", 2**62), "damaged"),
        "bytes of 2^63": described(b"\x8e" + struct.pack("<Q", 2**63), "damaged"),
        "number of 2^31 bytes": described(b"\x8b" + struct.pack("<I", 2**31), "too many digits"),
        "memory at 2^32": described(b"Nr" + struct.pack("<I", 2**32 - 1), "no tensors"),
        "recalled from nowhere": described(b"j" + struct.pack("<I", 7), "damaged"),
        "an empty stack": described(b"000", "damaged"),
        "a key that is a tuple of tuples": described(b"})" + b"\x85" * 10**5 + b"Ns", "names thin"),
        "a list in itself": described(b"]q\0h\0a", "no tensors"),
        "lists doubled": described(
            b"]q\x000" + b"".join(b"](h%ch%ceq%c0" % (n, n, n + 1) for n in range(64)) + b"h@",
            "no tensors",
        ),
        "a million lists": described(b"(" + b"]" * 10**6 + b"l", "no tensors"),
        "seven million lists": described(
            b"(" + b"]" * (7 * 2**20) + b"l", "more memory|no tensors"
        ),
        "seven million groups": described(b"(" * (7 * 2**20), "more memory|damaged"),
        "a pickle of 9 MiB": described(b"N0" * (9 * 2**19), "at most 8388608 are read"),
        "cut in the midst": Hostile(
            ".ckpt", archive(in_dictionary(tensor(storage()))[:60]), "dama"
        ),
        "no end": Hostile(".ckpt", archive(PROTOCOL + b"}"), "damaged"),
        "nothing": Hostile(".ckpt", archive(b""), "damaged"),
    }.items()


def containers() -> Iterator[tuple[str, Hostile]]:
    """Yield files that are broken, packed or something else altogether."""
    good = in_dictionary(tensor(storage()))
    whole_file = archive(good)
    bad_sum = bytearray(whole_file)
    bad_sum[whole_file.index(good) + 20] ^= 1
    locked = bytearray(whole_file)
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    far = bytearray(whole_file)
    at = far.index(b"PK\x01\x02")
    far[at + 42 : at + 46] = struct.pack("<I", 2**31)
    large = bytearray(whole_file)
    at = large.rindex(b"PK\x01\x02")
    large[at + 20 : at + 28] = struct.pack("<II", 2**31, 2**31)
    legacy_tar, packed = io.BytesIO(), io.BytesIO()
    for held, mode in ((legacy_tar, "w"), (packed, "w:gz")):
        with tarfile.open(fileobj=held, mode=mode) as tar:  # type: ignore[call-overload]
            entry = tarfile.TarInfo("pickle")
            entry.size = len(good)
            tar.addfile(entry, io.BytesIO(good))
    bomb = archive(good, ("a/data/1", b"\0" * 2**24), kind=zipfile.ZIP_DEFLATED)
    gguf = b"GGUF" + struct.pack("<IQQ", 3, 2**63, 2**63)
    yield from {
        "0 bytes": Hostile(".ckpt", b"", "it is empty"),
        "1 byte": Hostile(".ckpt", b"\x80", "damaged"),
        "zeros": Hostile(".ckpt", b"\0" * 4096, "neither"),
        "noise": Hostile(".ckpt", bytes(range(7, 256)) * 20, "neither"),
        "a page": Hostile(".ckpt", b"<!doctype html><title>404</title>", "a page from the web"),
        "a pointer": Hostile(".ckpt", b"version https://git-lfs.github.com/spec/v1\n", "git LFS"),
        "a picture": Hostile(".ckpt", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "a picture"),
        "7z": Hostile(".ckpt", b"7z\xbc\xaf\x27\x1c" + b"\0" * 100, "a 7z archive"),
        "rar": Hostile(".pt", b"Rar!\x1a\x07\x01\0" + b"\0" * 100, "a rar archive"),
        "gzip": Hostile(".ckpt", packed.getvalue(), "a gzip archive"),
        "torch's tar": Hostile(".pt", legacy_tar.getvalue(), "a tar archive"),
        "GGUF of 2^63 tensors": Hostile(".ckpt", gguf, "a GGUF file"),
        "zip in zip": Hostile(".ckpt", archive(whole_file), "instruction"),
        "zip without pickle": Hostile(".ckpt", zipped(("a/x", b"")), "0 pickles"),
        "two pickles": Hostile(".ckpt", archive(good, ("b/data.pkl", good)), "2 pickles"),
        "pickle too deep": Hostile(".ckpt", zipped(("a/b/data.pkl", good)), "1 pickles"),
        "one name twice": Hostile(".ckpt", twice(good), "one file twice"),
        "deflated": Hostile(".ckpt", bomb, "compressed"),
        "wrong checksum": Hostile(".ckpt", bytes(bad_sum), "checksum"),
        "encrypted": Hostile(".ckpt", bytes(locked), "encrypted"),
        "entry far away": Hostile(".ckpt", bytes(far), "cut short"),
        "entry too large": Hostile(".ckpt", bytes(large), "cut short"),
        "highest byte first": Hostile(".ckpt", archive(good, ("a/byteorder", b"big")), "highest"),
        "half a zip": Hostile(".ckpt", whole_file[: len(whole_file) // 2], "cut short"),
        "end of a zip": Hostile(".ckpt", b"PK\x05\x06" + b"\xff" * 18, "cut short"),
        "a stream without tensors": Hostile(".ckpt", stream(good), "does not lie within"),
        "a stream of another": Hostile(".ckpt", pickle.dumps(7, 2), "not one of torch.save"),
        "a stream cut": Hostile(".ckpt", stream(good)[:90], "damaged"),
    }.items()


def zipped(*entries: tuple[str, bytes]) -> bytes:
    """Return a zip archive of these files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        for name, data in entries:
            file.writestr(name, data)
    return held.getvalue()


def twice(program: bytes) -> bytes:
    """Return an archive that names its pickle twice."""
    data = zipped(("a/data.pkl", program), ("a/data.pkk", program), ("a/data/0", b"\0" * 64))
    return data.replace(b"data.pkk", b"data.pkl")


def header(entries: Any, data: bytes = b"", length: int | None = None) -> bytes:  # noqa: ANN401
    """Return a safetensors file with this header."""
    raw = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return (len(raw) if length is None else length).to_bytes(8, "little") + raw + data


def safetensors() -> Iterator[tuple[str, Hostile]]:
    """Yield safetensors files; `weights/test__header.py` has many more."""

    def entry(start: int, end: int, *shape: float) -> dict[str, Any]:
        return {"dtype": "F32", "shape": list(shape), "data_offsets": [start, end]}

    def file(entries: Any, data: bytes = b"", length: int | None = None) -> bytes:  # noqa: ANN401
        return header(entries, data, length)

    eight = b"\0" * 8
    double = b'{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{}}'
    nan = b'{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}'
    overlap = {"a": entry(0, 8, 2), "b": entry(4, 8, 1)}
    yield from {
        "overlap": Hostile(".safetensors", file(overlap, eight), "overlaps"),
        "gap": Hostile(".safetensors", file({"a": entry(4, 8, 1)}, eight), "gap"),
        "negative": Hostile(".safetensors", file({"a": entry(-4, 0, 1)}, eight), "two rising"),
        "huge offsets": Hostile(
            ".safetensors", file({"a": entry(0, 2**62, 2**60)}), "the file at byte"
        ),
        "twice": Hostile(".safetensors", file(double), "twice"),
        "NaN": Hostile(".safetensors", file(nan), "NaN"),
        "deep": Hostile(".safetensors", file(b'{"a":' + b"[" * 10**5), "too deeply"),
        "metadata of 50 MB": Hostile(
            ".safetensors", file({"__metadata__": {"a": "x" * 50 * 10**6}}), "at most"
        ),
        "header of 2^63": Hostile(".safetensors", file({}, length=2**63), "announces"),
        "a megabyte of braces": Hostile(".safetensors", file(b"{" * 2**20), "not JSON"),
        "under another name": Hostile(".ckpt", file(overlap, eight), "overlaps"),
        "an embedding": Hostile(
            ".safetensors", file({"emb_params": entry(0, 8, 3)}, eight), "fill"
        ),
    }.items()


def places() -> Iterator[tuple[str, Hostile]]:
    """Yield what is no file at all."""
    for suffix in (".ckpt", ".safetensors"):
        yield f"pipe{suffix}", Hostile(suffix, os.mkfifo, "pipe")
        yield f"folder{suffix}", Hostile(suffix, Path.mkdir, "folder")
        yield f"loop{suffix}", Hostile(suffix, lambda path: path.symlink_to(path), "symbolic")
        yield (
            f"device{suffix}",
            Hostile(suffix, lambda path: path.symlink_to("/dev/zero"), "device"),
        )


def corpus(canary: Path) -> dict[str, Hostile]:
    """Return all of them by a name that says what each does.

    Args:
        canary: a file that is not there; it must not be there afterwards either.
    """
    groups: Mapping[str, Iterator[tuple[str, Hostile]]] = {
        "call": pickles(canary),
        "pickle": descriptions(),
        "file": containers(),
        "safetensors": safetensors(),
        "place": places(),
    }
    return {f"{group}: {name}": each for group, found in groups.items() for name, each in found}


def made(hostile: Hostile, folder: Path) -> Path:
    """Return a file in a folder, made."""
    path = folder / f"model{hostile.suffix}"
    if isinstance(hostile.data, bytes):
        path.write_bytes(hostile.data)
    else:
        hostile.data(path)
    return path
