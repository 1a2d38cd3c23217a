"""A command in this process or one of its own, a claim file to give it, and what an error looks like."""

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from pqtheory import cli

CLAIM_FILE = """
import numpy as np
from pqtheory.claims import Claim, Control, Part, judge

def check(margin):
    return lambda budget: judge("enumerated", np.array([margin]), {{"n": np.array([3])}},
                                measured={{"c": 0.5}}, predicted={{"c": 0.5}})

CLAIM = Claim("{name}", "a source", "a statement", "a = b", (Part("p", "q", check({part})),),
              (Control("k", "l", check({control})),), "c")
"""


def run(*arguments):
    return CliRunner().invoke(
        cli.main, [str(a) for a in arguments], prog_name="pqtheory", env={"COLUMNS": "200"}
    )


def process(*arguments, cwd):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "pqtheory", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        check=False,
    )


def one_line(result, code=2):
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("pqtheory: ")
    return result.stderr
