-- The one row of settings: each form reads it with its draft in one query.
INSERT INTO staff_publishingsettings (id) VALUES (1);
