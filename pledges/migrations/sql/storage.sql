-- Autovacuum of pledges_pledge after 1 % of its rows changed instead of 20 %: the index-only scans of the admin's lists need an
-- up-to-date visibility map.
ALTER TABLE pledges_pledge SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01);
