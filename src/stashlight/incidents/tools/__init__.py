"""Tool families, one a file: each says what a command of its programs does with data. Nothing is executed."""
