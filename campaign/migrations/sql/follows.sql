-- What supporters follow (pledges/follows/models.py) ends with the demand. The key of a demand never changes.
ALTER TABLE pledges_follow ADD CONSTRAINT follow_demand_exists FOREIGN KEY (demand) REFERENCES campaign_demand (key)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
