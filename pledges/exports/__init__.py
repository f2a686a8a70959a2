"""Data that leaves the database: exports as spreadsheets, and the copy of one supporter's data."""
