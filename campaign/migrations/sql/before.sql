CREATE EXTENSION IF NOT EXISTS unaccent;

-- The text search configuration `site`: words without accents, so that "tirane" finds Tiranë.
-- PostgreSQL has no Albanian stemmer. `simple` stems neither language, so both are treated alike.
CREATE TEXT SEARCH CONFIGURATION site (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION site ALTER MAPPING FOR hword, hword_part, word WITH unaccent, simple;
