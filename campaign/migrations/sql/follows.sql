-- What supporters follow (pledges/follows/models.py) ends with the demand. The key of a demand never changes, but its draft has it
-- too, so that no foreign key can refer to it.
CREATE TRIGGER follow_demand_exists AFTER INSERT OR UPDATE OF demand ON pledges_follow
    FOR EACH ROW WHEN (new.demand IS NOT NULL) EXECUTE FUNCTION refuse_change('there is no such demand', $$
        SELECT WHERE NOT EXISTS (SELECT FROM campaign_demand WHERE key = $2.demand AND draft_of_id IS NULL FOR KEY SHARE)
    $$);
CREATE OR REPLACE FUNCTION follows_end_with_demand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM pledges_follow WHERE demand = old.key
        AND NOT EXISTS (SELECT FROM campaign_demand WHERE key = old.key AND draft_of_id IS NULL);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER follows_end_with_demand AFTER DELETE ON campaign_demand
    FOR EACH ROW WHEN (old.draft_of_id IS NULL) EXECUTE FUNCTION follows_end_with_demand();
