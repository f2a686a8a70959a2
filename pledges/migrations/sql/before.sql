-- What defaults of columns call.
CREATE SEQUENCE pledges_submission_number;
CREATE SEQUENCE pledges_outbox_number;
