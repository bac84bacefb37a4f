"""What the reference says of how exports are proved is what these tests do."""

import ast
import tomllib
from pathlib import Path
from typing import Any, cast

import pytest

from stashlight.exports.detection import Detection
from stashlight.exports.reading import CannotError
from stashlight.exports.target import target, target_names

HERE = Path(__file__).parent
PROOFS = cast("list[dict[str, Any]]", tomllib.loads((HERE / "proofs.toml").read_text("utf-8"))["proof"])


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: str(proof["test"]))
def test_a_proof_names_a_test_and_exports_that_there_are(proof: dict[str, Any], shipped: dict[str, Detection]) -> None:
    file, _, name = str(proof["test"]).partition("::")
    tree = ast.parse((HERE / file).read_text("utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert proof["how"] in ("executed", "parsed")
    assert set(proof["targets"]) <= set(target_names())
    for to in proof["targets"]:
        for kind in proof["kinds"]:
            assert any(_written(to, each) for each in shipped.values() if each.kind == kind), (to, kind)


def _written(to: str, detection: Detection) -> bool:
    if detection.only and to not in detection.only:
        return False
    try:
        target(to).query(detection)
    except CannotError:
        return False
    return True
