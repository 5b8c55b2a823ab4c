"""`make test`: every test in two processes, with durations and a limit on the whole."""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import time

from okoce.launch.processes import start_child, stop_child
from okoce.testing.services import ROOT

LIMIT = 25 * 60
"""Seconds that the gate may take on two cores (QUALITY.md)."""


def main() -> int:
    """pytest's exit status, or 1 when the limit was passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", default="2")
    parser.add_argument("tests", nargs="*")
    options = parser.parse_args()
    shutil.rmtree(ROOT / "var" / "test-template", ignore_errors=True)  # the gate migrates from nothing
    started = time.monotonic()
    command = [
        sys.executable, "-m", "pytest", "-n", options.processes, "--dist", "worksteal", "--durations", "25",
        "--durations-min", "1", *options.tests,
    ]  # fmt: skip
    process = start_child(command, cwd=ROOT)
    try:
        status = process.wait(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        stop_child(process, stop_signal=signal.SIGINT, patience=30)
        print(f"\nThe gate took longer than {LIMIT // 60} minutes and was ended: failed.", flush=True)
        return 1
    except KeyboardInterrupt:
        stop_child(process, stop_signal=signal.SIGINT, patience=30)
        return 130
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    print(f"\nThe gate took {minutes} min {seconds} s of the {LIMIT // 60} minutes allowed.", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
