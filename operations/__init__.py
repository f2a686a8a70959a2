"""Backup and restore of an installed machine, by pgBackRest and restic. It imports no app: it uses SQL and manage.py."""
