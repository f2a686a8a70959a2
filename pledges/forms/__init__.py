"""Forms of the public site: `fields` shared by several forms, `sign` for the pledge, `personal` for what follows it."""
