r"""
The database engine's events in the Application log: 325 database created, 327 database detached.

An `ntds.dit` outside its home, made by `ntdsutil … ifm`, shows here even where nothing else is audited.
The values are unnamed; the path is the fifth, or stands in the message: `…created a new database (2, C:\\…\\ntds.dit).`
"""

from stashlight.events.schema import Kind
from stashlight.events.vocabulary import Every, Meaning, Vocabulary

__all__ = ["VOCABULARY"]

_DATABASE = Meaning(
    Kind.DATABASE_FILE,
    {
        "file_path": Every(("Data", "@message"), by="database_path"),
        "process_id": Every(("Data", "@message"), by="database_pid"),
    },
)

VOCABULARY = Vocabulary("esent", ("esent",), (), {325: _DATABASE, 327: _DATABASE})
