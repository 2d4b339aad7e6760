"""The command tree, and what an error becomes on the way out.

Exit codes: 0 everything done, 1 usage or configuration, 3 some calls failed, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console

import asr_qa
from asr_qa.cli import db, models, report, rules, token
from asr_qa.cli.bench import bench_command
from asr_qa.cli.demo import demo
from asr_qa.cli.explain import explain_command
from asr_qa.cli.printing import forget_language, told, told_error, told_of
from asr_qa.cli.process import process
from asr_qa.cli.rescore import rescore_command
from asr_qa.cli.serve import serve
from asr_qa.cli.settings import settings_mistakes, unreadable
from asr_qa.config import unknown_variables
from asr_qa.errors import AsrQaError, RulesetError

USAGE = 1
INTERRUPTED = 130

_COMMAND_LINE_ERROR: Any = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")
"""What is raised for a wrong command line: of the click that Typer uses, which newer versions bring along."""

app = typer.Typer(
    name="asr-qa",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="""Listen to every call: transcribe recordings, apply rules, hand QA a pre-scored sheet.

    \b
    First steps:
      asr-qa demo                       score the sample calls and look at the report
      asr-qa process FOLDER --out OUT   score your own recordings
      asr-qa report errors              who makes which error
      asr-qa serve                      the API for reviewers

    Settings are environment variables ASR_QA_* (see README). Exit codes: 0 all done, 1 usage or configuration,
    3 some calls failed (each is named with its reason).
    """,
)
app.command("demo")(demo)
app.command("process")(process)
app.command("rescore")(rescore_command)
app.command("explain")(explain_command)
app.command("serve")(serve)
app.command("bench")(bench_command)
app.add_typer(report.app, name="report")
app.add_typer(rules.app, name="rules")
app.add_typer(models.app, name="models")
app.add_typer(token.app, name="token")
app.add_typer(db.app, name="db")


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"asr-qa {asr_qa.__version__}")
        raise typer.Exit


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; gives the exit status."""
    forget_language()
    for name in unknown_variables(os.environ):
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(told("setting_unknown", name=name))
    try:
        result = app(arguments, prog_name="asr-qa", standalone_mode=False)
    except _COMMAND_LINE_ERROR as exc:
        exc.show()
        return USAGE
    except (typer.Abort, KeyboardInterrupt):
        return _interrupted()
    except ValidationError as exc:
        # Each line names its setting.
        return _say("\n".join(settings_mistakes(exc)))
    except SettingsError as exc:
        return _say(unreadable(exc))
    except RulesetError as exc:
        # Each line says itself that it is an error, and where.
        return _say(told_of(exc), prefixed=False)
    except AsrQaError as exc:
        return _say(told_error(exc))
    if result == INTERRUPTED:
        # Typer takes Ctrl-C itself and gives this status back.
        return _interrupted()
    return result if isinstance(result, int) else 0


def _say(message: str, *, prefixed: bool = True) -> int:
    prefix = told("error_prefix") if prefixed else ""
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"{prefix}{message}")
    return USAGE


def _interrupted() -> int:
    Console(stderr=True).print(told("interrupted"))
    return INTERRUPTED
