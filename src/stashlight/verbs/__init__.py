"""
What one can ask of Stashlight, one verb a file: the commands and the library call the same functions.

They stand in a folder of their own so that `stashlight.scan` is the function; a module of that name would hide it.
"""
