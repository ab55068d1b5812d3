"""What Pillow's Image.resize makes of pictures that the test makes again from their numbers.

    python tests/reference/resize.py > tests/fixtures/siglip/resize.json

Needs pillow, version 13 or later: earlier ones differ in the last bit for tall pictures.
"""

import json

from PIL import Image

SIZES = [
    # width, height, side of the square
    (5, 3, 4),
    (1, 1, 3),
    (7, 7, 7),
    (1, 9, 4),
    (9, 1, 4),
    (4, 7, 4),
    (7, 4, 4),
    (2, 2, 31),
    (3, 5, 32),
    (31, 33, 32),
    (64, 64, 32),
    (65, 63, 32),
    (97, 41, 32),
    (41, 97, 47),
    (128, 72, 47),
    (100, 47, 47),
    (47, 100, 47),
    (223, 225, 224),
    (320, 240, 224),
    (360, 640, 224),
    (640, 360, 224),
    (224, 500, 224),
    (500, 224, 224),
    (854, 480, 256),
    (1280, 720, 384),
    (1920, 1080, 224),
    (1999, 11, 64),
    (11, 1999, 64),
    (160, 120, 384),
    (2000, 2, 3),
    # Either side of where the order of the passes changes.
    (20, 28, 12),
    (20, 29, 12),
    (720, 1216, 224),
    (720, 1217, 224),
    (720, 1280, 224),
    (1080, 1920, 384),
    (100, 300, 224),
]
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
RAW_BELOW = 5


def noise(count, seed):
    """Bytes of a linear congruential generator."""
    state, out = seed, bytearray()
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append(state >> 56)
    return bytes(out)


def stark(count, seed):
    """Noise of black and white, which overshoots most."""
    return bytes(255 if byte > 127 else 0 for byte in noise(count, seed))


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return value


if __name__ == "__main__":
    cases = []
    for width, height, size in SIZES:
        for name, filter in FILTERS.items():
            for picture in (noise, stark):
                rgb = picture(3 * width * height, width * 10000 + height)
                out = Image.frombytes("RGB", (width, height), rgb).resize((size, size), filter).tobytes()
                case = {"picture": picture.__name__, "width": width, "height": height, "size": size, "filter": name}
                case["fnv"] = f"{fnv(out):016x}"
                if size < RAW_BELOW:
                    case["rgb"] = list(out)
                cases.append(case)
    print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")
