"""Forms of the public site: their base, the fields and the layout that several share, and what they answer."""
