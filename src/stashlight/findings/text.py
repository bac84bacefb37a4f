"""
Rule file → documents that know their lines.

YAML from strangers: plain data only (no tags, anchors or aliases, so nothing can multiply), bounded in size
and depth, no key twice.
"""

from collections.abc import Iterator
from dataclasses import field
from typing import Any, cast

import yaml

from stashlight.errors import RuleError
from stashlight.findings.rule import LARGEST_FILE
from stashlight.frozen import frozen

__all__ = ["Document", "documents"]

_MOST_DOCUMENTS = 1000
_SCALARS = frozenset({"str", "int", "float", "bool", "null", "timestamp"})
_DEEPEST = 32

_Path = tuple[str, ...]


@frozen
class Document:
    """One YAML document: its mapping, its own text and the line of every part of it."""

    content: dict[str, object]
    text: str
    file: str
    first_line: int
    lines: dict[_Path, int] = field(default_factory=dict[_Path, int], repr=False)

    def line(self, path: _Path) -> int:
        """Give the line of a part, or of the nearest part around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, self.first_line)

    def error(self, reason: str, *path: str) -> RuleError:
        """Give the error for a part."""
        return RuleError(reason, self.file, self.line(path))


def documents(text: str, file: str) -> Iterator[Document]:
    """
    Give each document of a file; empty ones are passed over.

    Raises:
        RuleError: not YAML, not plain data, or too large; names the line.
    """
    if len(text) > LARGEST_FILE:
        message = f"larger than {LARGEST_FILE} bytes"
        raise RuleError(message, file, 1)
    lines = text.splitlines(keepends=True)
    loader = yaml.SafeLoader(text)
    try:
        for number, node in enumerate(_nodes(loader)):
            if number >= _MOST_DOCUMENTS:
                message = f"more than {_MOST_DOCUMENTS} documents"
                raise RuleError(message, file, 1)
            if _is_empty(node):
                continue
            yield _document(loader, node, file, lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(p for p in (error.context, error.problem) if p)
        msg = f"not valid YAML: {reason}"
        raise RuleError(msg, file, mark.line + 1 if mark else 1) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        # ValueError: a date such as 2024-13-99, or a number that int() does not take.
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        msg = f"not valid YAML: {reason}"
        raise RuleError(msg, file, 1) from error
    finally:
        loader.dispose()


def _nodes(loader: yaml.SafeLoader) -> Iterator[yaml.Node]:
    loader.get_event()  # pyright: ignore[reportUnknownMemberType]  (stream start)
    while not loader.check_event(yaml.StreamEndEvent):  # pyright: ignore[reportUnknownMemberType]
        yield cast("yaml.Node", loader.compose_document())  # pyright: ignore[reportUnknownMemberType]


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _document(loader: yaml.SafeLoader, node: yaml.Node, file: str, lines: list[str]) -> Document:
    first, last = node.start_mark.line, node.end_mark.line
    walk = _Walk(loader, file)
    content = walk.plain(node, ())
    if not isinstance(content, dict):
        reason = "a rule must be a mapping"
        raise RuleError(reason, file, first + 1)
    text = "".join(lines[first : max(last, first + 1)])
    return Document(cast("dict[str, object]", content), text, file, first + 1, walk.lines)


@frozen
class _Walk:
    """One walk over the nodes of a document, noting the line of each part."""

    loader: yaml.SafeLoader
    file: str
    lines: dict[_Path, int] = field(default_factory=dict[_Path, int])
    seen: set[int] = field(default_factory=set[int])

    def plain(self, node: yaml.Node, path: _Path) -> object:
        line = node.start_mark.line + 1
        if id(node) in self.seen:
            reason = "YAML anchors and aliases are not supported in rules"
            raise RuleError(reason, self.file, line)
        self.seen.add(id(node))
        if len(path) > _DEEPEST:
            reason = "nested too deeply"
            raise RuleError(reason, self.file, line)
        self.lines.setdefault(path, line)
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            items: list[yaml.Node] = node.value
            return [self.plain(n, (*path, str(i))) for i, n in enumerate(items)]
        if isinstance(node, yaml.ScalarNode) and node.tag.removeprefix("tag:yaml.org,2002:") in _SCALARS:
            # Dates stay text: `2024-02-28` is no moment in time.
            if node.tag.endswith("timestamp"):
                return cast("str", node.value)
            construct: Any = self.loader
            return construct.construct_object(node)
        reason = f"YAML tag {node.tag} is not supported in rules"
        raise RuleError(reason, self.file, line)

    def mapping(self, node: yaml.MappingNode, path: _Path) -> dict[str, object]:
        found: dict[str, object] = {}
        pairs: list[tuple[yaml.Node, yaml.Node]] = node.value
        for key_node, value_node in pairs:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == "tag:yaml.org,2002:merge":
                reason = "a key must be plain text"
                raise RuleError(reason, self.file, line)
            key = str(key_node.value)
            if key in found:
                reason = f"key '{key}' twice"
                raise RuleError(reason, self.file, line)
            self.lines[*path, key] = line
            found[key] = self.plain(value_node, (*path, key))
        return found
