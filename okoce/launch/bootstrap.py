"""From a bare machine to a running portal: `python3 okoce/launch/bootstrap.py run|test|bench|tools`.

Standard library only, because nothing else is installed yet. Every step is skipped when what it made is still
up to date. It then becomes the program that does the work, inside the virtual environment.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 18
LEAST_FREE = 1_500_000_000  # bytes for a first installation
TAIL = 15


class Refused(SystemExit):
    """The start ends here, with one message for a person and status 1."""

    def __init__(self, message: str) -> None:
        super().__init__(f"\n{message}\n")


def say(message: str) -> None:
    """One line of progress."""
    print(f"- {message}", flush=True)


def fingerprint(paths: Iterable[Path]) -> str:
    """A digest of files, so that a step can tell whether anything changed."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(paths):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(stamp: Path, value: str) -> bool:
    """Whether a step that left `stamp` was done for this very state."""
    try:
        return stamp.read_text(encoding="ascii") == value
    except OSError:
        return False


def run(command: Sequence[str | Path], what: str, advice: str, *, path_first: Path | None = None) -> None:
    """Run a step quietly; on failure stop with the end of its output and an advice, without a traceback."""
    environment = dict(os.environ)
    if path_first:
        environment["PATH"] = f"{path_first}{os.pathsep}{environment.get('PATH', '')}"
    try:
        step = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT, env=environment, text=True, errors="replace", start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except FileNotFoundError:
        raise Refused(f"{what} failed: {command[0]} is not installed.\n{advice}") from None
    try:
        output, _ = step.communicate()
    except BaseException:
        # Ctrl-C or SIGTERM in the middle of a step: npm and pip have children of their own.
        with suppress(ProcessLookupError):
            os.killpg(step.pid, signal.SIGKILL)
        step.wait()
        raise
    if step.returncode:
        end = "\n".join(output.splitlines()[-TAIL:])
        if "No space left on device" in output:
            raise Refused(f"{what} failed: the disk is full. Free some space and start again.")
        raise Refused(f"{what} failed:\n{end}\n\n{advice}")


def end_on_sigterm(_number: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM ends this process like Ctrl-C does, so that a running step is ended too."""
    raise SystemExit(143)


def check_machine() -> None:
    """Python is new enough, and a first installation has room on the disk."""
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:2]))
        raise Refused(
            f"Python {'.'.join(map(str, OLDEST_PYTHON))} or newer is needed, this is {found}."
            " Try: make run PYTHON=python3.11"
        )
    if not PYTHON.exists() and shutil.disk_usage(ROOT).free < LEAST_FREE:
        raise Refused("The disk is nearly full: a first installation needs about 1.5 GB of free space.")


def ensure_venv() -> None:
    """A virtual environment in .venv; one whose making was interrupted is made anew."""
    ready = VENV / ".ready"
    if ready.exists() and PYTHON.exists():
        return
    if not (PYTHON.exists() and has_pip(PYTHON)):
        say("creating the virtual environment")
        run(
            [sys.executable, "-m", "venv", "--clear", VENV],
            "Creating the virtual environment",
            "On Debian and Ubuntu it needs: apt-get install python3-venv",
        )
    ready.touch()


def has_pip(python: Path) -> bool:
    """Whether pip works there."""
    command = [str(python), "-m", "pip", "--version"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def ensure_packages(*, development: bool) -> None:
    """The pinned Python packages, installed only when the lists changed."""
    names = ["requirements.txt", *(["requirements-dev.txt"] if development else [])]
    stamp = VENV / (".installed-dev" if development else ".installed")
    value = fingerprint(ROOT / name for name in names)
    if is_current(stamp, value):
        return
    say("installing Python packages (the first time takes a minute)")
    arguments = [part for name in names for part in ("-r", name)]
    run(
        [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", *arguments],
        "Installing Python packages",
        "Is the package index reachable? Then try again.",
    )
    stamp.write_text(value, encoding="ascii")


def node_version(program: str | None) -> int:
    """Major version of a node program; 0 when there is none that answers."""
    if not program:
        return 0
    try:
        answer = subprocess.run([program, "--version"], check=False, capture_output=True, text=True)
    except OSError:
        return 0
    found = re.match(r"v(\d+)\.", answer.stdout)
    return int(found.group(1)) if found else 0


def ensure_node() -> Path:
    """The folder with node and npm: the machine's own when new enough, else from a Python package."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if npm and node_version(node) >= OLDEST_NODE:
        return Path(npm).parent
    folder = VENV / "bin"
    wanted = ROOT / "requirements-node.txt"
    stamp, value = VENV / ".installed-node", fingerprint([wanted])
    if not is_current(stamp, value):
        say("installing Node.js inside the virtual environment")
        run(
            [
                PYTHON,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-input",
                "-r",
                wanted,
            ],
            "Installing Node.js",
            "Or install Node.js 18 or newer yourself.",
        )
        stamp.write_text(value, encoding="ascii")
    return folder


def ensure_assets() -> None:
    """static/dist: style sheet and scripts, built from static/ and the pinned npm packages."""
    lists = [ROOT / "package.json", ROOT / "package-lock.json"]
    sources = [
        path
        for path in (ROOT / "static").rglob("*")
        if path.is_file() and ROOT / "static" / "dist" not in path.parents
    ]
    sources.append(ROOT / "centers" / "data" / "regencies.csv")  # places.json
    built, built_value = ROOT / "static" / "dist" / ".stamp", fingerprint([*lists, *sources])
    if is_current(built, built_value):
        return
    node = ensure_node()
    fetched, fetched_value = ROOT / "node_modules" / ".stamp", fingerprint(lists)
    if not is_current(fetched, fetched_value):
        say("installing the style sheet's sources")
        run(
            ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
            "Installing npm packages", "Is the npm registry reachable? Then try again.", path_first=node,
        )  # fmt: skip
        fetched.write_text(fetched_value, encoding="ascii")
    say("building style sheet and scripts")
    run(
        ["npm", "run", "--silent", "build"],
        "Building style sheet and scripts",
        "See static/build.mjs.",
        path_first=node,
    )
    built.parent.mkdir(exist_ok=True)
    built.write_text(built_value, encoding="ascii")


def ensure_node_tools(folder: Path, what: str) -> None:
    """The pinned npm packages of one folder with its own lists, such as what the tests judge pages with."""
    lists = [folder / "package.json", folder / "package-lock.json"]
    stamp, value = folder / "node_modules" / ".stamp", fingerprint(lists)
    if is_current(stamp, value):
        return
    node = ensure_node()
    say(f"installing {what}")
    run(
        ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", folder],
        f"Installing {what}", "Is the npm registry reachable? Then try again.", path_first=node,
    )  # fmt: skip
    stamp.write_text(value, encoding="ascii")


def ensure_browser() -> None:
    """Chromium for the browser tests, from the distribution's packages."""
    if shutil.which("chromium"):
        return
    say("installing chromium for the browser tests")
    sudo = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    advice = "The browser tests need it: apt-get install chromium"
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    run([*sudo, "apt-get", "-q", "update"], "Updating the package lists", advice)
    run(
        [*sudo, "apt-get", "-q", "install", "-y", "--no-install-recommends", "chromium"],
        "Installing chromium", advice,
    )  # fmt: skip


def become(*arguments: str) -> NoReturn:
    """Turn this process into a program of the virtual environment: same process id, so signals find it."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), *arguments])


def main(arguments: list[str]) -> None:
    """`run` starts the portal; `test`, `bench` and `tools` prepare what they are named after, and return."""
    if len(arguments) != 1 or arguments[0] not in ("run", "test", "bench", "tools"):
        raise Refused("Usage: bootstrap.py run|test|bench|tools")
    check_machine()
    ensure_venv()
    ensure_packages(development=arguments[0] != "run")
    if arguments[0] != "tools":
        ensure_assets()
    if arguments[0] in ("test", "bench"):
        ensure_browser()
        ensure_node_tools(ROOT / "okoce" / "testing" / "node", "what the tests judge pages with")
    if arguments[0] == "bench":
        ensure_node_tools(ROOT / "bench" / "node", "Lighthouse")
    if arguments[0] == "run":
        become("-m", "okoce.launch.portal")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end_on_sigterm)
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise Refused("The disk is full. Free some space and start again.") from None
        raise Refused(f"The preparation failed: {error}") from None
