"""Totals: the pages, their figures to download, the open data and the embeddable counter."""
