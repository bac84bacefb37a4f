"""Where queries run: all that differs between engines, and the SQL profile on which they agree."""
