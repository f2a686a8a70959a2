-- Counts one form of this kind in the present minute: one of eight slots, so that few concurrent forms wait for the same row.
CREATE OR REPLACE FUNCTION count_minute(counted text, at_provider text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO pledges_minute AS target (minute, kind, provider, slot, n)
    VALUES (date_trunc('minute', statement_timestamp()), counted, at_provider, floor(random() * 8), 1)
    ON CONFLICT (minute, kind, provider, slot) DO UPDATE SET n = target.n + 1
$$;
-- Half-filled pages leave room for HOT updates.
ALTER TABLE pledges_minute SET (fillfactor = 50);
