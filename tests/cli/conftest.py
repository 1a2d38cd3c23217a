"""Claim files of a test's own."""

import pytest

from .running import CLAIM_FILE


@pytest.fixture
def claim_file(tmp_path):
    def write(name="mine", part=0.0, control=-1.0):
        path = tmp_path / f"{name}.py"
        path.write_text(CLAIM_FILE.format(name=name, part=part, control=control))
        return str(path)

    return write
