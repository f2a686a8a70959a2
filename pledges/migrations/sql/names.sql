-- The bits of a name (pledges/supporters/querysets.py) end with it, and never stay when another name replaces it. The worker computes
-- what is missing.
-- The digest of name and mailbox changes with the mailbox too; the same bits are then computed once more.
CREATE OR REPLACE FUNCTION clear_name_bits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.name_bits := NULL;
    RETURN new;
END $$;

CREATE OR REPLACE TRIGGER name_bits BEFORE UPDATE ON pledges_pledge FOR EACH ROW WHEN (
    new.name_bits IS NOT NULL
    AND (new.name_cipher IS NULL OR old.name_digest <> new.name_digest AND old.name_bits = new.name_bits)
) EXECUTE FUNCTION clear_name_bits();
