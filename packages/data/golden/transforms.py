"""What torchvision's functional transforms make of two small images: writes transforms.json beside this file.

    /usr/bin/python3 packages/data/golden/transforms.py

Made with PyTorch 1.13 and torchvision 0.14 (Debian packages python3-torch and python3-torchvision).
"""

import json
import pathlib

import torch
import torchvision
import torchvision.transforms.functional as F
from torchvision.transforms import InterpolationMode as Mode

torch.manual_seed(3)
images = {"color": torch.rand(3, 9, 12), "grey": torch.rand(1, 8, 7)}
steps = {
    "resize": [
        {"size": size, "mode": mode, "antialias": antialias}
        for size in ([5, 6], [4, 17], [20, 9], 6)
        for mode, antialias in (("bilinear", False), ("bilinear", True), ("nearest", False))
    ],
    "rotate": [{"degrees": d, "mode": m, "fill": f} for d in (30, -17.3, 90.5, 200) for m, f in (("nearest", 0), ("nearest", 0.7), ("bilinear", 0))],
    "crop": [{"top": 0, "left": 0, "height": 8, "width": 7}, {"top": 2, "left": 1, "height": 5, "width": 3}],
    "pad": [{"size": [14, 13], "padding": 3, "fill": f} for f in (0, 0.3)],
    "resizedCrop": [{"top": t, "left": l, "height": h, "width": w, "size": s} for t, l, h, w, s in ((1, 2, 6, 4, [5, 5]), (0, 0, 3, 5, [9, 11]))],
    "centerCrop": [{"size": s} for s in (5, [4, 7], [7, 6])],
    "normalize": [{"mean": [0.4], "std": [0.2]}, {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}],
    "grayscale": [{}],
    "cutout": [{"top": 1, "left": 2, "size": 4, "fill": f} for f in (0, 0.5)],
    "horizontalFlip": [{}],
    "verticalFlip": [{}],
    "adjustBrightness": [{"factor": f} for f in (0, 0.4, 1.7)],
    "adjustContrast": [{"factor": f} for f in (0, 0.4, 1.7)],
    "adjustSaturation": [{"factor": f} for f in (0, 0.4, 1.7)],
    "adjustHue": [{"factor": f} for f in (-0.5, -0.13, 0.25, 0.5)],
}


def apply(name, x, o):
    if name == "resize":
        mode = Mode.BILINEAR if o["mode"] == "bilinear" else Mode.NEAREST
        return F.resize(x, o["size"], mode, antialias=o["antialias"])
    if name == "rotate":
        mode = Mode.BILINEAR if o["mode"] == "bilinear" else Mode.NEAREST
        # With a fill torchvision takes the border's weights twice in bilinear mode; without one it does not.
        return F.rotate(x, o["degrees"], mode, fill=[o["fill"]] * x.shape[0] if o["fill"] else None)
    if name == "crop":
        return F.crop(x, o["top"], o["left"], o["height"], o["width"])
    if name == "pad":
        # A crop as large as the padded image: what a random crop with padding takes its windows from.
        return F.pad(x, o["padding"], o["fill"])
    if name == "resizedCrop":
        return F.resized_crop(x, o["top"], o["left"], o["height"], o["width"], o["size"], Mode.BILINEAR, antialias=True)
    if name == "grayscale":
        return F.rgb_to_grayscale(x, x.shape[0]) if x.shape[0] == 3 else x
    if name == "cutout":
        return F.erase(x, o["top"], o["left"], o["size"], o["size"], torch.tensor(o["fill"]))
    if name == "centerCrop":
        return F.center_crop(x, o["size"])
    if name == "normalize":
        return F.normalize(x, o["mean"], o["std"])
    if name == "horizontalFlip":
        return F.hflip(x)
    if name == "verticalFlip":
        return F.vflip(x)
    function = {"Brightness": F.adjust_brightness, "Contrast": F.adjust_contrast, "Saturation": F.adjust_saturation, "Hue": F.adjust_hue}
    return function[name[6:]](x, o["factor"])


def array(x):
    return {"shape": list(x.shape), "data": [float(f"{v:.8g}") for v in x.flatten().tolist()]}


cases = [
    {"transform": name, "image": image, "options": options, **array(apply(name, x, options))}
    for name, all_options in steps.items()
    for options in all_options
    for image, x in images.items()
    # A mean for each of three channels is none for a grey image; a padded grey image has another size.
    if len(options.get("mean", [0])) in (1, x.shape[0]) and (name != "pad" or image == "grey")
]
out = {
    "madeWith": f"torch {torch.__version__}, torchvision {torchvision.__version__}",
    "images": {name: array(x) for name, x in images.items()},
    "cases": cases,
}
pathlib.Path(__file__).with_name("transforms.json").write_text(json.dumps(out) + "\n")
