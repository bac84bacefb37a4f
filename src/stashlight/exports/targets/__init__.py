"""One product, or one query language of it, a module; its name with `-` for `_` is what `--to` takes."""
