"""
Plug-ins: a plug-in is a module dropped into a folder, and its name is the name of its file.

No base class, no decorator, no registry and no order. What a plug-in must have is a Protocol in the
`__init__.py` of its folder. Packages of other people add theirs through the entry-point group of the same name:

    [project.entry-points."stashlight.outputs"]
    sarif = "their_package.sarif"
"""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import TYPE_CHECKING, TypeVar, cast

from stashlight.errors import SettingError
from stashlight.installed import may_declare

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["plugin", "plugin_names", "plugins"]

Shape = TypeVar("Shape")


def plugin_names(package: str) -> list[str]:
    """List the plug-ins of `package` (a dotted name such as "stashlight.outputs") without importing them."""
    return sorted({*_own(package), *(entry.name for entry in _strangers(package))})


def plugin(package: str, name: str, shape: type[Shape]) -> Shape:
    """
    Import one plug-in and check that it has what its Protocol, `shape`, asks for.

    Raises:
        SettingError: there is no such plug-in, a stranger's cannot be imported, or it lacks something.
    """
    if name in _own(package):
        module = import_module(f"{package}.{name}")
    elif entries := [entry for entry in _strangers(package) if entry.name == name]:
        try:
            module = entries[0].load()
        except Exception as error:  # a stranger's code may fail in any way; it must be named, not hidden
            message = f"plug-in {name!r} of {package} ({entries[0].value}) cannot be imported: {error}"
            raise SettingError(message) from error
    else:
        message = f"no {name!r} in {package}; there are: {', '.join(plugin_names(package))}"
        raise SettingError(message)
    if missing := [member for member in _members(shape) if not hasattr(module, member)]:
        message = f"plug-in {name!r} does not fit {package}: it lacks {', '.join(missing)}"
        raise SettingError(message)
    return cast("Shape", module)


def plugins(package: str, shape: type[Shape]) -> dict[str, Shape]:
    """Import every plug-in of `package`, by name; see `plugin`."""
    return {name: plugin(package, name, shape) for name in plugin_names(package)}


@cache
def _strangers(package: str) -> "tuple[EntryPoint, ...]":
    """Give what other packages declare; once, as it takes a look at every package that is installed."""
    if not may_declare(package):
        return ()
    # Imported here: 25 ms that only somebody with such a package pays.
    from importlib.metadata import entry_points

    return tuple(entry_points(group=package))


@cache
def _own(package: str) -> tuple[str, ...]:
    """List the modules of a folder; once, as some folders are asked about for each of their modules."""
    # Found, not imported: a command line that only names plug-ins need not pay for what they stand on.
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return tuple(module.name for module in iter_modules(places or ()) if not module.name.startswith("_"))


def _members(shape: type[object]) -> list[str]:
    """Name what a Protocol asks for (`typing.get_protocol_members` needs Python 3.13)."""
    public = {*getattr(shape, "__annotations__", {}), *vars(shape)}
    return sorted(name for name in public if not name.startswith("_"))
