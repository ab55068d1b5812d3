"""What OpenCV's GaussianBlur makes of boxes that the test makes again from their numbers.

    python tests/reference/blur.py > tests/fixtures/video/blur.json

Needs opencv-python-headless, numpy and pillow.
"""

import json

import cv2
import numpy as np

from resize import fnv, noise, stark

BOXES = [
    # width, height
    (1, 1),
    (1, 9),
    (9, 1),
    (2, 2),
    (3, 5),
    (7, 4),
    (31, 17),
    (56, 56),
    (111, 20),
    (120, 130),
    (300, 64),
]
KERNELS = [15, 111]
RAW_BELOW = 40

cases = []
for width, height in BOXES:
    for kernel in KERNELS:
        for picture in (noise, stark):
            # The box lies in a larger picture, whose other pixels must not show in it.
            rgb = picture(3 * (width + 4) * (height + 3), width * 10000 + height)
            frame = np.frombuffer(rgb, np.uint8).reshape(height + 3, width + 4, 3).copy()
            blurred = cv2.GaussianBlur(frame[1 : 1 + height, 2 : 2 + width], (kernel, kernel), 0).tobytes()
            case = {"picture": picture.__name__, "width": width, "height": height, "kernel": kernel}
            case["fnv"] = f"{fnv(blurred):016x}"
            if width * height < RAW_BELOW:
                case["rgb"] = list(blurred)
            cases.append(case)
print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")
