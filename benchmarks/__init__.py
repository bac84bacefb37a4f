"""Measurements that stand in the docs, each with the command that prints it."""
