-- The steps of demands are append-only once they are published: a wrong step is corrected by a new one.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON campaign_demandstep FOR EACH ROW
    WHEN (old.draft_id IS NULL) EXECUTE FUNCTION refuse_change('the steps of demands are append-only: insert a correction instead');
CREATE TRIGGER not_truncated BEFORE TRUNCATE ON campaign_demandstep
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the steps of demands are append-only: insert a correction instead');

-- A correction is of the same demand, and nothing comes before the demand was asked. The order of all other steps is validated by
-- the model (campaign/demands/models.py).
CREATE TRIGGER of_same_demand BEFORE INSERT OR UPDATE OF draft_id ON campaign_demandstep
    FOR EACH ROW WHEN (new.draft_id IS NULL) EXECUTE FUNCTION refuse_change(
        'a correction belongs to the demand of the step it corrects',
        'SELECT FROM campaign_demandstep WHERE id = $2.corrects_id AND demand_id <> $2.demand_id'
    );
CREATE TRIGGER was_asked BEFORE INSERT OR UPDATE OF draft_id ON campaign_demandstep
    FOR EACH ROW WHEN (new.draft_id IS NULL AND new.state <> 'asked')
    EXECUTE FUNCTION refuse_change('a demand is asked before anything else happens to it', $$
        SELECT WHERE NOT EXISTS (
            SELECT FROM campaign_demandstep AS step
            WHERE demand_id = $2.demand_id AND draft_id IS NULL AND state = 'asked' AND date <= $2.date AND id IS DISTINCT FROM $2.corrects_id
                AND NOT EXISTS (SELECT FROM campaign_demandstep AS later WHERE later.corrects_id = step.id AND later.draft_id IS NULL)
        )
    $$);
