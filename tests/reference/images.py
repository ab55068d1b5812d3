"""Writes images.json: small image files and the RGB pixels that Pillow reads from them.

Run with Pillow and numpy installed:  python tests/reference/images.py
"""

import io
import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, rows, *extra):
    """A PNG file from raw rows of bytes, for the kinds that Pillow does not write itself."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(extra) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def saved(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


rng = np.random.default_rng(7)
rgb = rng.integers(0, 256, (3, 5, 3), dtype=np.uint8)
rgba = rng.integers(0, 256, (3, 5, 4), dtype=np.uint8)
grey = rng.integers(0, 256, (3, 5), dtype=np.uint8)
wide = np.array([0, 127, 128, 255, 256, 383, 384, 511, 4660, 65280, 65408, 65535], dtype=">u2")
palette = chunk(b"PLTE", bytes(range(12, 60, 3)) * 3)
transparent = chunk(b"tRNS", bytes([0, 128, 255]))
indexed = [bytes([0x01, 0x23]), bytes([0x4F, 0xA9])]
smooth = np.add.outer(np.arange(16) * 6, np.arange(24) * 4).astype(np.uint8)

files = {
    "grey 1 bit": png(8, 1, 1, 0, [bytes([0b00011011])]),
    "grey 2 bits": png(4, 1, 2, 0, [bytes([0b00011011])]),
    "grey 4 bits": png(4, 1, 4, 0, [bytes([0x1B, 0x7F])]),
    "grey": saved(Image.fromarray(grey)),
    "grey 16 bits": png(12, 1, 16, 0, [wide.tobytes()]),
    "grey with alpha": saved(Image.fromarray(rgba[..., :2], "LA")),
    "grey with alpha, 16 bits": png(6, 1, 16, 4, [wide.tobytes()]),
    "palette": png(4, 2, 4, 3, indexed, palette),
    "palette with alpha": png(4, 2, 4, 3, indexed, palette, transparent),
    "rgb": saved(Image.fromarray(rgb)),
    "rgb with one transparent colour": png(
        5, 3, 8, 2, [row.tobytes() for row in rgb], chunk(b"tRNS", rgb[0, 0].astype(">u2").tobytes())
    ),
    "rgb 16 bits": png(4, 1, 16, 2, [wide.tobytes()]),
    "rgba": saved(Image.fromarray(rgba)),
    "rgba 16 bits": png(3, 1, 16, 6, [wide.tobytes()]),
    "jpeg": saved(Image.fromarray(np.dstack([smooth, smooth[::-1], 255 - smooth])), "JPEG", quality=95),
    "grey jpeg": saved(Image.fromarray(smooth), "JPEG", quality=95),
}

references = []
for name, content in files.items():
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    references.append(
        {
            "name": name,
            "lossless": "jpeg" not in name,
            "file": list(content),
            "width": pixels.shape[1],
            "height": pixels.shape[0],
            "rgb": pixels.ravel().tolist(),
        }
    )

path = pathlib.Path(__file__).with_name("images.json")
path.write_text("[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in references) + "\n]\n")
