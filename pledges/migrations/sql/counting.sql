-- The row that the worker counts into (pledges/counting/models.py).
INSERT INTO pledges_count (id, as_of, figures) VALUES (1, statement_timestamp(), '{"people": [], "days": [], "hours": []}');
