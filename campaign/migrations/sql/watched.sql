-- The version of the published content changes with these tables: pledges/migrations/sql/content.sql.
CALL watch_content('campaign_article');
CALL watch_content('campaign_demand');
CALL watch_content('campaign_demandstep');
CALL watch_content('campaign_handout');
CALL watch_content('campaign_handover');
CALL watch_content('campaign_helpchannel');
CALL watch_content('campaign_material');
CALL watch_content('campaign_oldaddress');
CALL watch_content('campaign_organisation');
CALL watch_content('campaign_page');
CALL watch_content('campaign_pagetext');
CALL watch_content('campaign_picture');
CALL watch_content('campaign_protectionunit');
CALL watch_content('campaign_sitesettings');
CALL watch_content('campaign_sociallink');
CALL watch_content('campaign_statistic');
CALL watch_content('campaign_voice');
