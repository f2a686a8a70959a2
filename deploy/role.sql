-- The role of the site. Statements contain what people type, so they stay out of PostgreSQL's log.
CREATE ROLE weare1 LOGIN;
ALTER ROLE weare1 SET log_statement = none;
ALTER ROLE weare1 SET log_min_duration_statement = -1;
ALTER ROLE weare1 SET log_min_duration_sample = -1;
ALTER ROLE weare1 SET log_transaction_sample_rate = 0;
ALTER ROLE weare1 SET log_min_error_statement = panic;
-- The detail of an error quotes rows and keys.
ALTER ROLE weare1 SET log_error_verbosity = terse;
ALTER ROLE weare1 SET log_parameter_max_length_on_error = 0;
