"""Development tools: private PostgreSQL, bin/serve, virtual environment, nginx for tests, mail as files. Not for production."""
