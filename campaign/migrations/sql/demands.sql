-- The steps of demands are append-only once they are published: a wrong step is corrected by a new one.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON campaign_demandstep FOR EACH ROW
    WHEN (old.draft_id IS NULL) EXECUTE FUNCTION refuse_change('the steps of demands are append-only: insert a correction instead');
CREATE TRIGGER not_truncated BEFORE TRUNCATE ON campaign_demandstep
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the steps of demands are append-only: insert a correction instead');

-- A correction is of the same demand, and nothing comes before the demand was asked. The order of all other steps is validated by
-- the model (campaign/demands/models.py).
CREATE OR REPLACE FUNCTION check_demand_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.corrects_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM campaign_demandstep WHERE id = new.corrects_id AND demand_id = new.demand_id
    ) THEN
        RAISE check_violation USING MESSAGE = 'a correction belongs to the demand of the step it corrects';
    END IF;
    IF new.state <> 'asked' AND NOT EXISTS (
        SELECT FROM campaign_demandstep AS step
        WHERE demand_id = new.demand_id AND draft_id IS NULL AND state = 'asked' AND date <= new.date AND id IS DISTINCT FROM new.corrects_id
            AND NOT EXISTS (SELECT FROM campaign_demandstep AS later WHERE later.corrects_id = step.id AND later.draft_id IS NULL)
    ) THEN
        RAISE check_violation USING MESSAGE = 'a demand is asked before anything else happens to it';
    END IF;
    RETURN new;
END $$;
CREATE OR REPLACE TRIGGER check_demand_step BEFORE INSERT OR UPDATE OF draft_id ON campaign_demandstep
    FOR EACH ROW WHEN (new.draft_id IS NULL) EXECUTE FUNCTION check_demand_step();
