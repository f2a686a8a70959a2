-- Wordings are immutable: a changed text is a new version, so a pledge keeps the exact text that was signed.
CREATE TRIGGER immutable BEFORE UPDATE ON pledges_wording FOR EACH ROW WHEN (
    old.draft_id IS NULL AND (new.kind, new.sector_id, new.version, new.text_sq, new.text_en)
        IS DISTINCT FROM (old.kind, old.sector_id, old.version, old.text_sq, old.text_en)
) EXECUTE FUNCTION refuse_change('a wording is immutable: insert a new version instead');
