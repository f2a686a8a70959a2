"""Totals: reading the tally, small-cell suppression, published states, milestones, recent activity."""
