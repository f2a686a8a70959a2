"""WCAG contrast and OKLab distance of colours, for normal and colour-blind vision. A colour is (r, g, b), 0 to 255."""

import math

# Linear sRGB → cone responses → OKLab (Ottosson 2020).
TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
TO_OKLAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
# Linear sRGB as simulated for each kind of vision: Machado, Oliveira and Fernandes 2009, severity 1.
VISIONS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(color):
    """The colour as linear sRGB, each component 0 to 1."""
    components = [value / 255 for value in color]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in components]


def luminance(color):
    """The relative luminance as WCAG 2.2 defines it, 0 to 1."""
    return sum(weight * component for weight, component in zip((0.2126, 0.7152, 0.0722), linear(color), strict=True))


def contrast(color, background):
    """The contrast ratio of a colour and its background as WCAG 2.2 defines it, 1 to 21."""
    lights = sorted([luminance(color), luminance(background)])
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _times(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def oklab(color, vision="normal"):
    """(L, a, b) of a colour, simulated for one of VISIONS."""
    simulated = [min(max(part, 0), 1) for part in _times(VISIONS[vision], linear(color))]
    return _times(TO_OKLAB, [math.cbrt(part) for part in _times(TO_CONES, simulated)])


def distance(one, other, vision="normal"):
    """The OKLab distance of two colours, simulated for one of VISIONS; black and white are 1 apart."""
    return math.dist(oklab(one, vision), oklab(other, vision))
