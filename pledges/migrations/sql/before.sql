-- What defaults of columns call.
CREATE SEQUENCE pledges_submission_number;
