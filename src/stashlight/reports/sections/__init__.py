"""The sections of a report: one module a section, each with one function that gives it."""
