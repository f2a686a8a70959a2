-- The version of the published content. Statement triggers on its tables append a row with a random mark to
-- pledges_contentchange, in the writer's transaction. The version is the bitwise XOR of all marks that are visible, and of those
-- folded into pledges_contentversion. So the version changes exactly when a change is committed, a rolled-back change leaves no
-- trace, and folding does not change it.
-- Append-only, because writers of several tables must not wait for each other: one counter row would lead to deadlocks.

CREATE OR REPLACE FUNCTION content_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_contentchange DEFAULT VALUES;
    RETURN NULL;
END $$;

-- Adds the trigger to a table. Each app calls it for its tables.
CREATE OR REPLACE PROCEDURE watch_content(watched regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER content_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s '
        'FOR EACH STATEMENT EXECUTE FUNCTION content_changed()', watched
    );
END $$;

-- In plpgsql, which keeps the plan of the query; a function in SQL would be planned at every call.
CREATE OR REPLACE FUNCTION content_version() RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT coalesce(bit_xor(mark), 0) FROM (
        SELECT mark FROM pledges_contentversion UNION ALL SELECT mark FROM pledges_contentchange
    ) marks);
END $$;

-- Folds all marks into one row; returns their number. It is one statement, so every snapshot sees the same version.
CREATE OR REPLACE FUNCTION fold_content() RETURNS bigint LANGUAGE sql AS $$
    WITH folded AS (
        DELETE FROM pledges_contentchange RETURNING mark
    ), marks AS (
        INSERT INTO pledges_contentversion AS version (id, mark)
        SELECT 1, bit_xor(mark) FROM folded HAVING count(*) > 0
        ON CONFLICT (id) DO UPDATE SET mark = version.mark # excluded.mark
    )
    SELECT count(*) FROM folded
$$;

-- Every request reads all rows, so that they are folded every minute and dead rows are removed soon.
ALTER TABLE pledges_contentchange SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100);
