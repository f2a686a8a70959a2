-- Staff sign in by e-mail address, so it is unique. Django's own table of users has no such index.
CREATE UNIQUE INDEX staff_account_email_unique ON auth_user (lower(email)) WHERE email <> '';
