"""Embeddings of frames, images and texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from actalign._program import file_argument, flags, run

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Unpack

    from actalign._program import EmbedOptions, PathLike


@dataclass(frozen=True)
class Embeddings:
    """Embeddings as the model makes them: neither normalised nor smoothed. None where none were asked for."""

    frames: NDArray[np.float32] | None
    """[T, d]."""
    times: NDArray[np.float64] | None
    """Presentation time of each frame in seconds, [T]; the index for images."""
    texts: NDArray[np.float32] | None
    """[N, d]."""
    token_ids: NDArray[np.int32] | None
    """[N, L]."""
    patches: NDArray[np.float32] | None
    """What each window of each frame adds to its cosine with each text, [T, rows, columns, N]."""


def embed(
    clip: PathLike | None = None,
    *,
    images: Sequence[PathLike] = (),
    texts: Sequence[str] = (),
    model: PathLike | None = None,
    patches: bool = False,
    **options: Unpack[EmbedOptions],
) -> Embeddings:
    """Embeds the frames of a clip, or images, and texts.

    Texts are taken as they are, without a template. ``patches`` embeds each frame once per window besides. Options are those of
    ``actalign-tui embed``, such as ``fps="native"``, ``start=2.5``, ``device="cpu"``.
    """
    empty = next((text for text in texts if not text.strip() or len(text.splitlines()) > 1), None)
    if empty is not None:
        raise ValueError(f"a text to embed is one line and not empty: {empty!r}")
    arguments: list[str] = ["embed"]
    if clip is not None:
        arguments += ["--video", file_argument(clip)]
    if images:
        arguments += ["--images", *map(file_argument, images)]
    with TemporaryDirectory(prefix="actalign-") as folder:
        if texts:
            lines = Path(folder) / "texts.txt"
            lines.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
            arguments += ["--texts", str(lines)]
        out = Path(folder) / "embeddings.safetensors"
        run([*arguments, "--out", str(out), *flags({"patches": patches, **options})], model)
        tensors = _read_safetensors(out.read_bytes())
    return Embeddings(
        frames=tensors.get("frame_embeds"),
        times=tensors.get("frame_pts"),
        texts=tensors.get("text_embeds"),
        token_ids=tensors.get("input_ids"),
        patches=tensors.get("frame_patches"),
    )


_TYPES = {"F32": "<f4", "F64": "<f8", "I32": "<i4"}


def _read_safetensors(content: bytes) -> dict[str, NDArray[Any]]:
    """The tensors of a file: the length of a JSON header in 8 bytes, the header, the values."""
    start = 8 + int.from_bytes(content[:8], "little")
    tensors = {}
    for name, tensor in json.loads(content[8:start]).items():
        if name != "__metadata__":
            begin, end = tensor["data_offsets"]
            values = np.frombuffer(content[start + begin : start + end], dtype=_TYPES[tensor["dtype"]])
            tensors[name] = values.reshape(tensor["shape"]).copy()
    return tensors
