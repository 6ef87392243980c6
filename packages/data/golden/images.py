"""Small PNG and JPEG files, and what Pillow reads in them: writes images.json beside this file.

    /usr/bin/python3 packages/data/golden/images.py

Made with Pillow 9.4 (Debian package python3-pil).
"""

import base64
import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

height, width = 21, 26
y, x = np.mgrid[0:height, 0:width]
# Smooth, so that JPEG keeps it: what is left is how the decoders round.
color = np.stack([4 * y + 5 * x, 200 - 3 * x - 2 * y, 120 + 40 * np.sin(x / 7) + 30 * np.cos(y / 6)], -1).astype(np.uint8)
rgb = Image.fromarray(color)
grey = Image.fromarray(color[:, :, 2])
alpha = Image.fromarray(np.dstack([color, (x * 9).astype(np.uint8)]))
deep = Image.fromarray((y * 3000 + x * 70).astype(np.uint16))
sharp = Image.fromarray(((x * 7 + y * 13) % 5 < 2).astype(np.uint8) * 255)

files = {}


def add(name, image, want, **options):
    file = io.BytesIO()
    image.save(file, **options)
    if want is None:
        want = Image.open(io.BytesIO(file.getvalue()))
    pixels = np.asarray(want if isinstance(want, np.ndarray) else want.convert("RGB"))
    files[name] = {"bytes": base64.b64encode(file.getvalue()).decode(), "shape": [3, height, width], "data": pixels.transpose(2, 0, 1).flatten().tolist()}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def add_png(name, rows, depth, interlaced):
    """A PNG of colours that Pillow reads but does not write; each row has its filter, 0, in front."""
    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, interlaced)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))) + chunk(b"IEND", b"")
    # Of 16 bits Pillow keeps the upper 8, as we do.
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    files[name] = {"bytes": base64.b64encode(data).decode(), "shape": [3, height, width], "data": pixels.transpose(2, 0, 1).flatten().tolist()}


# The seven passes of Adam7: first column, first row, and the steps between columns and rows.
passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
add_png("interlaced.png", [row.tobytes() for x0, y0, dx, dy in passes for row in color[y0::dy, x0::dx]], 8, 1)
add_png("sixteen-bit-colors.png", [row.tobytes() for row in (color.astype(np.uint16) * 256 + 77).astype(">u2")], 16, 0)
add("grey-and-alpha.png", Image.merge("LA", (grey, alpha.getchannel("A"))), np.repeat(color[:, :, 2:], 3, 2), format="PNG")
add("cmyk.jpg", rgb.convert("CMYK"), None, format="JPEG", quality=95)
add("rgb.png", rgb, None, format="PNG")
add("grey.png", grey, None, format="PNG")
add("alpha.png", alpha, color, format="PNG")
add("palette.png", rgb.quantize(16), None, format="PNG")
add("two-values.png", sharp.convert("1"), None, format="PNG")
add("sixteen-bits.png", deep, np.repeat((np.asarray(deep) >> 8).astype(np.uint8)[:, :, None], 3, 2), format="PNG")
add("baseline.jpg", rgb, None, format="JPEG", quality=95, subsampling=0)
add("progressive.jpg", rgb, None, format="JPEG", quality=95, subsampling=0, progressive=True)
add("subsampled.jpg", rgb, None, format="JPEG", quality=90, subsampling=2)
add("grey.jpg", grey, None, format="JPEG", quality=95)

Path(__file__).with_name("images.json").write_text(json.dumps(files) + "\n")
