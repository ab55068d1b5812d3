"""Finds and runs the program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TypeAlias, TypedDict

    import pandas as pd

    PathLike: TypeAlias = str | os.PathLike[str]
    """A file, a folder, or a name that the program knows, such as ``demo`` or ``lib:cooking``."""

    class ModelOptions(TypedDict, total=False):
        """Where the model runs; ``actalign-tui embed --help`` explains each."""

        device: str
        precision: str
        batch: int
        no_cache: bool

    class SamplingOptions(TypedDict, total=False):
        """Which frames of a clip are taken: frames per second or ``"native"``, and a part of the clip in seconds."""

        fps: float | str
        start: float
        end: float

    class MethodOptions(TypedDict, total=False):
        """How cosines become scores; ``actalign-tui align --help`` explains each."""

        preset: str
        aligner: str
        open_start: bool
        open_end: bool
        background: float | str
        band: float
        cell: str

    class EmbedOptions(ModelOptions, SamplingOptions):
        """Options of :func:`actalign.embed`."""

    class ClipOptions(EmbedOptions, MethodOptions, total=False):
        """Options of :func:`actalign.classify`: also the smoothing in seconds, and the template."""

        smoothing: float
        template: str


NAME = "actalign-tui.exe" if os.name == "nt" else "actalign-tui"


class ActalignError(RuntimeError):
    """The program could not do what it was asked. The message is the program's, with its advice.

    ``status`` is its exit status: 1 for a failure, 2 for wrong arguments; below 0, the signal that ended it.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def program() -> str:
    """The program's path.

    The variable ``ACTALIGN_PROGRAM`` names one. Otherwise it is the one installed with this package, or the first on the path.
    """
    named = os.environ.get("ACTALIGN_PROGRAM")
    if named:
        return named
    schemes = {sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user")}
    folders = [Path(sysconfig.get_path("scripts", scheme)) for scheme in schemes]
    # An environment without its own copy of this package: `pip install --target`.
    folders.append(Path(__file__).resolve().parent.parent / "bin")
    for folder in folders:
        if (folder / NAME).is_file():
            return str(folder / NAME)
    found = shutil.which(NAME)
    if found is None:
        raise FileNotFoundError(
            f"cannot find {NAME}\nhelp: install the wheel, which brings it, or set ACTALIGN_PROGRAM to its path"
        )
    return found


def version() -> str:
    """What ``actalign-tui --version`` prints: version, commit, features and FFmpeg."""
    return run(["--version"]).strip()


def run(arguments: Sequence[str], model: PathLike | None = None) -> str:
    """Runs the program and returns what it prints. Notices become warnings.

    Raises :class:`ActalignError` if it fails.
    """
    if model is not None:
        arguments = [*arguments, f"--model={os.fspath(model)}"]
    command = [program(), *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace")
    notices = done.stderr.strip()
    if done.returncode != 0:
        failure = notices or f"{NAME} ended with status {done.returncode} and said nothing"
        raise ActalignError(failure.removeprefix("actalign-tui: "), done.returncode)
    if notices:
        warnings.warn(notices, stacklevel=3)
    return done.stdout


def flags(options: Mapping[str, Any]) -> list[str]:
    """Options as the program's flags: ``open_start=True`` is ``--open-start``, ``fps=5`` is ``--fps=5``.

    ``None`` and ``False`` leave an option out.
    """
    given = {f"--{name.replace('_', '-')}": value for name, value in options.items()}
    return [
        flag if value is True else f"{flag}={value}"
        for flag, value in given.items()
        if value is not None and value is not False
    ]


def file_argument(path: PathLike) -> str:
    """A file name that is no option, whatever it begins with."""
    text = os.fspath(path)
    return f".{os.sep}{text}" if text.startswith("-") else text


@contextmanager
def script_file(scripts: PathLike | Mapping[str, Any]) -> Iterator[str]:
    """The script file's name. A document in memory is written to a temporary file."""
    if not isinstance(scripts, Mapping):
        yield os.fspath(scripts)
        return
    with TemporaryDirectory(prefix="actalign-") as folder:
        path = Path(folder) / "scripts.json"
        path.write_text(json.dumps(scripts, ensure_ascii=False), encoding="utf-8")
        yield str(path)


def table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """A pandas frame."""
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError("tables need pandas\nhelp: pip install pandas") from error
    return pd.DataFrame(rows)
