"""
Builds the compiled readers (`native/`) with the package, where there is a Rust compiler; without one, Python reads.

STASHLIGHT_NATIVE=0 leaves them out, STASHLIGHT_NATIVE=1 makes it an error if they cannot be built, as releases want.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_LIBRARIES = {"win32": "stashlight_native.dll", "darwin": "libstashlight_native.dylib"}
_LONGEST = 900
"""Seconds. Compiling takes one minute; a registry of crates that does not answer should not take for ever."""


class NativeReaders(BuildHookInterface[Any]):
    """Compile, and put the library beside the modules."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before the wheel is packed, or the source made importable."""
        if self.target_name != "wheel" or os.environ.get("STASHLIGHT_NATIVE") == "0":
            return
        root = Path(self.root)
        name = "_native.pyd" if sys.platform == "win32" else "_native.abi3.so"
        target = root / "src" / "stashlight" / name
        if reason := _compiled(root / "native", target):
            if os.environ.get("STASHLIGHT_NATIVE") == "1":
                message = f"the compiled readers cannot be built: {reason}"
                raise RuntimeError(message)
            target.unlink(missing_ok=True)
            self.app.display_warning(f"{reason}: logs will be read in Python, at about a third of the speed")
            return
        if version != "editable":
            build_data["artifacts"].append(f"src/stashlight/{name}")
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"cp311-abi3-{platform}"


def _compiled(crate: Path, target: Path) -> str:
    """Compile the crate to `target`; say why not, where that is so."""
    cargo = shutil.which("cargo")
    if cargo is None:
        return "there is no Rust compiler (cargo)"
    if not crate.is_dir():
        return "the source of the compiled readers is not here"
    try:
        done = subprocess.run(  # noqa: S603 - cargo, as found on the path
            [cargo, "build", "--release", "--locked", "--quiet", "--manifest-path", str(crate / "Cargo.toml")],
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
            env={"CARGO_NET_RETRY": "1", "CARGO_HTTP_TIMEOUT": "20", **os.environ},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"cargo: {error}"
    if done.returncode:
        return f"cargo: {done.stderr.strip().splitlines()[0] if done.stderr.strip() else done.returncode}"
    built = crate / "target" / "release" / _LIBRARIES.get(sys.platform, "libstashlight_native.so")
    # Replaced, not written over: a process that runs may have the old one open.
    draft = target.with_suffix(".draft")
    shutil.copyfile(built, draft)
    draft.replace(target)
    return ""
