-- Writes this many MB to a temporary file in the data directory, which is deleted at once: fails with disk_full (53100) if there is
-- no room. It writes no row and no WAL, so it works on a read-only database too, and leaves nothing to vacuum. An UPDATE would
-- prove nothing, because it finds room within pages that exist.
CREATE OR REPLACE FUNCTION probe_disk(megabytes integer) RETURNS bigint LANGUAGE sql SET work_mem = '4MB' AS $$
    -- The sort does not fit into work_mem. OFFSET 0 keeps the planner from leaving it out.
    SELECT count(line) FROM (
        SELECT repeat(n::text || ' ', 16384 / (length(n::text) + 1)) AS line FROM generate_series(1, megabytes * 64) n
        ORDER BY 1 DESC OFFSET 0
    ) lines
$$;
