-- The version of the published content: one row with a random mark, which statement triggers on its tables draw anew in the writer's
-- transaction. So the version changes exactly when a change is committed. Random, so that a version never comes again after a
-- rollback or a restore. Those who write content wait for each other; they are few, and supporters are not among them.
INSERT INTO pledges_contentversion (id, mark) VALUES (1, 0);

CREATE OR REPLACE FUNCTION draw_content_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pledges_contentversion SET mark = random() * 9007199254740992;
    RETURN NULL;
END $$;

-- The same unless the statement has changed no row, or only drafts, which nobody sees.
CREATE OR REPLACE FUNCTION content_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pledges_contentversion SET mark = random() * 9007199254740992
    WHERE EXISTS (SELECT FROM changed WHERE to_jsonb(changed) ->> 'draft_id' IS NULL);
    RETURN NULL;
END $$;

-- Adds the triggers to tables. Each app calls it for its own. A row that is taken down is a draft afterwards, and was none before.
CREATE OR REPLACE PROCEDURE watch_content(VARIADIC tables regclass[]) LANGUAGE plpgsql AS $$
DECLARE
    watched regclass;
    event text[];
BEGIN
    FOREACH watched IN ARRAY tables LOOP
        FOREACH event SLICE 1 IN ARRAY ARRAY[['INSERT', 'NEW'], ['UPDATE', 'OLD'], ['UPDATE', 'NEW'], ['DELETE', 'OLD']] LOOP
            EXECUTE format(
                'CREATE TRIGGER content_%s_%s AFTER %s ON %s REFERENCING %s TABLE AS changed '
                'FOR EACH STATEMENT EXECUTE FUNCTION content_changed()',
                lower(event[1]), lower(event[2]), event[1], watched, event[2]
            );
        END LOOP;
        EXECUTE format(
            'CREATE TRIGGER content_truncate AFTER TRUNCATE ON %s '
            'FOR EACH STATEMENT EXECUTE FUNCTION draw_content_version()', watched
        );
    END LOOP;
END $$;
