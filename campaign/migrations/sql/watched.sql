-- The version of the published content changes with these tables: pledges/migrations/sql/content.sql.
CALL watch_content(
    'campaign_article', 'campaign_demand', 'campaign_demandstep', 'campaign_handout', 'campaign_handover',
    'campaign_helpchannel', 'campaign_material', 'campaign_oldaddress', 'campaign_organisation', 'campaign_page',
    'campaign_pagetext', 'campaign_picture', 'campaign_pictureconsent', 'campaign_protectionunit',
    'campaign_sitesettings', 'campaign_sociallink', 'campaign_statistic', 'campaign_voice'
);
