-- The version of the published content changes with these tables: content.sql.
CALL watch_content(
    'pledges_alarmword', 'pledges_commitment', 'pledges_county', 'pledges_event', 'pledges_goal', 'pledges_milestone',
    'pledges_municipality', 'pledges_pledgingsettings', 'pledges_publishedfigure',
    'pledges_sector', 'pledges_voiceowner', 'pledges_wording'
);
