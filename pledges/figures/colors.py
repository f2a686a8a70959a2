"""Colours of pictures: those of the light scheme in static/css/tokens.css."""

GROUND, INK, QUIET, EMPTY = "#ffe3c4", "#1b1f3b", "#4b4f6c", "#f8d1a3"
# The palette of the sectors, "s1" to "s12".
SECTORS = [
    "#3f3ccb", "#c5640d", "#338b7e", "#93327a", "#16245c", "#565500", "#9d63f5", "#5e1208",
    "#004848", "#4e0090", "#7067b0", "#36002a",
]  # fmt: skip
# Counties on the map, "q0" (no people) to "q5".
SHADES = ["#efe6da", "#d3daf5", "#a3afe8", "#7f8bdd", "#3d4dbe", "#1f2a86"]
LINE = "#dcbf9d"
# On pictures to share: links and counties, and the places of other sectors beside those of one sector.
LINK, OTHER = "#2a3bb7", "#e0a86b"
