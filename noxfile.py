"""Every task of this project: `nox -l` lists them."""

from __future__ import annotations

import filecmp
import shutil
import sys
from pathlib import Path

import nox

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
GENERATED = Path("generated")
PROVIDERS = ("cleanlife", "healthgorilla")
# All tests: in a process a core. What is asked for by arguments runs in one.
AT_ONCE = ("--numprocesses=auto", "--maxprocesses=4", "--dist=worksteal")

nox.needs_version = ">=2025.2"
nox.options.sessions = ["tests"]
nox.options.error_on_missing_interpreters = False


def install(session: nox.Session, *groups: str, extras: str = "") -> None:
    """Install the project as a user gets it, and the pinned tools of *groups*."""
    session.install(*nox.project.dependency_groups(PROJECT, *groups))
    if extras:
        session.install(f".[{extras}]")


def write_generated(session: nox.Session, target: Path) -> None:
    """Write all generated files below *target*."""
    for provider in PROVIDERS:
        spec, package = f"spec/{provider}.yaml", target / f"{provider}_client"
        session.run("openapi-spec-validator", spec, silent=True)
        session.run(
            *("openapi-python-client", "generate", "--meta", "none", "--overwrite", "--fail-on-warning"),
            *("--path", spec, "--config", "spec/generator.yaml", "--output-path", str(package)),
            silent=True,
        )
        (package / "py.typed").touch()  # `--meta none` leaves the marker out.
        traits = session.run("python", "spec/traits.py", spec, silent=True)
        (target / f"{provider}_traits.py").write_text(str(traits), encoding="utf-8")


@nox.session
def generate(session: nox.Session) -> None:
    """Write the clients and the traits from the specs."""
    install(session, "generate")
    shutil.rmtree(GENERATED, ignore_errors=True)
    GENERATED.mkdir()
    write_generated(session, GENERATED)


@nox.session
def check(session: nox.Session) -> None:
    """Fail if what is committed below `generated/` is not, byte for byte, what the specs give."""
    install(session, "generate")
    fresh = Path(session.create_tmp()) / "generated"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    write_generated(session, fresh)
    wrong = differences(GENERATED, fresh)
    if wrong:
        session.error("run `nox -s generate`; these differ:\n  " + "\n  ".join(wrong))
    session.log(f"{len(files(fresh))} generated files are as the specs say")


def files(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }


def differences(committed: Path, fresh: Path) -> list[str]:
    """What is missing, what is too much, and what has other content."""
    ours, theirs = files(committed), files(fresh)
    changed = (name for name in ours & theirs if not filecmp.cmp(committed / name, fresh / name, shallow=False))
    return sorted(
        [f"{name} (missing)" for name in theirs - ours]
        + [f"{name} (too much)" for name in ours - theirs]
        + [f"{name} (changed)" for name in changed]
    )


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff, as a linter and as a formatter."""
    install(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """mypy and pyright, both strict."""
    install(session, "types", extras="all")
    session.run("mypy")
    session.run("pyright")


@nox.session
def tests(session: nox.Session) -> None:
    """The tests, with complete branch coverage of `cleanlife_ext`."""
    run_tests(session)


@nox.session(name="tests-all", python=PYTHONS)
def tests_all(session: nox.Session) -> None:
    """The tests on every supported version of Python that is there."""
    run_tests(session)


def run_tests(session: nox.Session) -> None:
    install(session, "tests", extras="all")
    data = Path(session.create_tmp()).resolve() / "coverage"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    # Safe path: what is tested is the installed wheel, not the folder that the tests are run in.
    env = {"COVERAGE_FILE": str(data / "data"), "PYTHONSAFEPATH": "1"}
    session.run("coverage", "run", "-m", "pytest", *(session.posargs or AT_ONCE), env=env)
    session.run("coverage", "combine", "--quiet", env=env)
    if not session.posargs:
        session.run("coverage", "report", env=env)


@nox.session
def contract(session: nox.Session) -> None:
    """Schemathesis against the simulator, with our spec: `nox -s contract -- --seed 7 --max-examples 500`."""
    install(session, "contract", extras="simulator")
    # By its name, which the everyday tests do not collect.
    session.run("pytest", "tests/contract/proof.py", *session.posargs, env={"PYTHONSAFEPATH": "1"})


@nox.session
def proof(session: nox.Session) -> None:
    """What the everyday tests try a little of, tried at length; see CONTRIBUTING.md. Takes an hour and a half."""
    install(session, "tests", extras="all")
    for name, figure, test in (
        ("PROOF_STEPS", "100000", "tests/engine/test_double_bookings.py"),
        ("PROOF_FUZZ", "5000", "tests/faults/test_any_bytes.py"),
        ("PROOF_DEADLINE", "3", "tests/engine/test_deadline.py"),
        ("PROOF_CHURN", "10", "tests/engine/test_cancellation.py"),
        ("PROOF_LEDGER", "1500", "tests/ledger/test_machine.py"),
        ("PROOF_ORDERS", "10000", "tests/ledger/test_killed.py"),
        ("PROOF_RECORDS", "1500", "tests/healthgorilla/test_machine.py"),
        ("PROOF_FORGERIES", "1000000", "tests/webhooks/test_verify.py"),
        ("PROOF_INBOX", "1500", "tests/webhooks/test_inbox_machine.py"),
        ("PROOF_DELIVERIES", "10000", "tests/webhooks/test_delivered.py"),
    ):
        session.run("pytest", "--capture=no", test, *session.posargs, env={name: figure, "PYTHONSAFEPATH": "1"})


@nox.session
def bench(session: nox.Session) -> None:
    """What a call costs beside the stock client, what the ledger adds, and how soon a webhook is answered."""
    session.install(".")
    session.run("python", "benchmarks/run.py", *session.posargs)
    servers = [wheel for wheel in nox.project.dependency_groups(PROJECT, "tests") if wheel.startswith("pgserver")]
    session.install(".[simulator,postgres]", *servers)
    session.run("python", "benchmarks/ledger.py", *session.posargs)
    session.run("python", "benchmarks/webhooks.py", *session.posargs)


@nox.session
def record(session: nox.Session) -> None:
    """Record the cassettes anew: from the simulator, or from the sandbox if CLEANLIFE_API_KEY is set."""
    install(session, "tests", extras="all")
    session.run("python", "tests/record.py", *session.posargs)


@nox.session
def demo(session: nox.Session) -> None:
    """The whole flow of a booking, over real HTTP, against a simulator on this machine."""
    session.install(".[all]")
    session.run("cleanlife", "demo", *session.posargs)


if __name__ == "__main__":
    sys.exit("run `nox -l` to see the sessions")
