"""Colours of pictures: those of the light scheme in static/css/tokens.css."""

GROUND, INK, QUIET, EMPTY = "#ffe3c4", "#1b1f3b", "#4b4f6c", "#f8d1a3"
# Sectors: "s1" is the first.
SECTORS = ["#3f3ccb", "#c5640d", "#338b7e", "#93327a", "#16245c", "#565500", "#9d63f5", "#5e1208"]
# Counties on the map, from "q0" (no people) to "q5".
SHADES = ["#efe6da", "#d3daf5", "#a3afe8", "#7f8bdd", "#3d4dbe", "#1f2a86"]
LINE = "#dcbf9d"
