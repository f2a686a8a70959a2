"""Drawings: the mosaic, the county map, the growth chart, downloads, cards and the ribbon."""
