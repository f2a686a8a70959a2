-- The version of the published content changes with these tables: content.sql.
CALL watch_content('pledges_alarmword');
CALL watch_content('pledges_commitment');
CALL watch_content('pledges_county');
CALL watch_content('pledges_event');
CALL watch_content('pledges_goal');
CALL watch_content('pledges_milestone');
CALL watch_content('pledges_municipality');
CALL watch_content('pledges_pledgingsettings');
CALL watch_content('pledges_providerrule');
CALL watch_content('pledges_publishedfigure');
CALL watch_content('pledges_sector');
CALL watch_content('pledges_voiceowner');
CALL watch_content('pledges_wording');
