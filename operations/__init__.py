"""Backup and restore of an installed machine. These programs import no app: they reach the site by SQL and manage.py."""
