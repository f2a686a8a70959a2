-- What supporters follow (pledges/follows/models.py) ends with the demand. The key of a demand never changes, but its draft has it
-- too, so that no foreign key can refer to it.
CREATE OR REPLACE FUNCTION follow_demand_exists() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM campaign_demand WHERE key = new.demand AND draft_of_id IS NULL FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = 'there is no such demand', CONSTRAINT = 'follow_demand_exists';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER follow_demand_exists AFTER INSERT OR UPDATE OF demand ON pledges_follow
    FOR EACH ROW WHEN (new.demand IS NOT NULL) EXECUTE FUNCTION follow_demand_exists();
CREATE OR REPLACE FUNCTION follows_end_with_demand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM pledges_follow WHERE demand = old.key
        AND NOT EXISTS (SELECT FROM campaign_demand WHERE key = old.key AND draft_of_id IS NULL);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER follows_end_with_demand AFTER DELETE ON campaign_demand
    FOR EACH ROW WHEN (old.draft_of_id IS NULL) EXECUTE FUNCTION follows_end_with_demand();
