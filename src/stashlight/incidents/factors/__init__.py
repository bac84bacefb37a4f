"""What weighs in a score, one factor a file; see `scoring.Weigher`."""
