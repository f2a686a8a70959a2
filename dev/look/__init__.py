"""bin/look: screenshots of every page and picture, and a contact sheet of them."""
