-- Staff sign in by e-mail address, so it is unique. Django's own table of users has no such index.
CREATE UNIQUE INDEX staff_one_account_an_address ON auth_user (lower(email)) WHERE email <> '';
