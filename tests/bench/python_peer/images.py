"""Image bytes -> uint8 RGB of the model's size, with the steps of engine/image: scaled decode, then an area resize."""
import struct

import cv2
import numpy as np

cv2.setNumThreads(1)

# OpenCV refuses the bit of BGR beside that of RGB.
_FLAGS = {d: reduced & ~cv2.IMREAD_COLOR | cv2.IMREAD_COLOR_RGB
          for d, reduced in {1: 0, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4,
                             8: cv2.IMREAD_REDUCED_COLOR_8}.items()}
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _jpeg_short_side(data):
    """0 where the bytes are no JPEG or hold no frame."""
    at, end = 2, len(data) - 9
    if data[:2] != b"\xff\xd8":
        return 0
    while at < end and data[at] == 0xFF:
        if data[at + 1] in _FRAMES:
            return min(struct.unpack_from(">HH", data, at + 5))
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return 0


def _denominator(data, min_short_side):
    side = _jpeg_short_side(data)
    return next((d for d in (8, 4, 2) if side and -(-side // d) >= min_short_side), 1) if min_short_side else 1


def decode(data, preprocess):
    """uint8[H, W, 3], upright RGB, or None. A JPEG comes at the strongest scale that the manifest allows."""
    denominator = _denominator(data, preprocess["min_scale_factor"] * preprocess["size"])
    return cv2.imdecode(np.frombuffer(data, np.uint8), _FLAGS[denominator])


def resize_into(image, out):
    """`image` squeezed into `out`, uint8[S, S, 3]: area when both sides shrink, else linear."""
    height, width = out.shape[:2]
    shrinks = image.shape[0] >= height and image.shape[1] >= width
    cv2.resize(image, (width, height), dst=out, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
