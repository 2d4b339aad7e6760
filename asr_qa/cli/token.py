"""asr-qa token: who may use the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import typer

from asr_qa.bootstrap import SystemClock, connect
from asr_qa.cli.printing import Json, console, plain_table, print_json
from asr_qa.config import Settings
from asr_qa.errors import UsageError
from asr_qa.pipeline.store import ApiToken, Store
from asr_qa.pipeline.tokens import SCOPES, UserRole, issue_token

app = typer.Typer(
    no_args_is_help=True,
    help="""Tokens: who may use the API, as what, and for how long.

    A token stands for one person or program; its name stands in reviews as the reviewer. Only a digest is stored:
    a token that was lost is revoked and made anew.

    \b
    asr-qa token create wang.li --role reviewer
    asr-qa token create A1001 --role agent --agent-id A1001 --days 30
    """,
)

DAYS = 90.0
"""How long a token lasts unless said otherwise."""

_ROLES = ", ".join(UserRole)


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who or what uses it.")],
    role: Annotated[str, typer.Option(help=f"One of {_ROLES}; each may do more than the one before.")],
    agent_id: Annotated[str | None, typer.Option(help="Whose calls a token of role agent may see.")] = None,
    scopes: Annotated[
        str | None, typer.Option(help="Fewer rights than the role has, separated by commas, e.g. calls:read.")
    ] = None,
    days: Annotated[float, typer.Option(help="Days until it expires; 0 is never.")] = DAYS,
    as_json: Json = False,
) -> None:
    """Make a token and print it, this once.

    Only the token goes to standard output: TOKEN=$(asr-qa token create wang.li --role reviewer)
    """
    wanted = None if scopes is None else _scopes(scopes)
    now = SystemClock().now()
    with _store() as store:
        token, stored = issue_token(
            store, name, role=role, now=now, agent_id=agent_id, scopes=wanted, days=days or None
        )
    if as_json:
        print_json({**_row(stored, now), "token": token})
        return
    typer.echo(token)
    until = f"until {stored.expires_at:%Y-%m-%d %H:%M} UTC" if stored.expires_at else "until it is revoked"
    typer.echo(f"role {stored.role}, {until}; keep it safe, it is not shown again.", err=True)
    typer.echo("Use it as the header Authorization: Bearer TOKEN.", err=True)


@app.command("list")
def list_tokens(as_json: Json = False) -> None:
    """Show every token by name: role, rights, until when. The tokens themselves are not stored."""
    now = SystemClock().now()
    with _store() as store:
        rows = [_row(token, now) for token in store.tokens()]
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo("no tokens yet; make one with: asr-qa token create NAME --role reviewer")
        return
    table = plain_table("name", "role", "agent", "state", "expires", "rights")
    for row in rows:
        rights = "all of the role" if row["scopes"] is None else ", ".join(row["scopes"])
        table.add_row(row["name"], row["role"], row["agent_id"] or "", row["state"], _day(row["expires_at"]), rights)
    console().print(table)


@app.command()
def revoke(name: Annotated[str, typer.Argument(metavar="NAME", help="Whose token.")]) -> None:
    """Make a token useless from now on; a running server refuses it at once."""
    with _store() as store:
        store.revoke_token(name, now=SystemClock().now())
    typer.echo(f"{name}: revoked")


@contextmanager
def _store() -> Iterator[Store]:
    store = connect(Settings())
    try:
        yield store
    finally:
        store.close()


def _scopes(text: str) -> list[str]:
    scopes = [part.strip() for part in text.split(",") if part.strip()]
    if not scopes:
        known = ", ".join(sorted(scope.value for scope in SCOPES[UserRole.ADMIN]))
        raise UsageError(f"--scopes names no rights; choose from {known}, or leave it out for all of the role")
    return scopes


def _row(token: ApiToken, now: datetime) -> dict[str, Any]:
    return {
        "name": token.name,
        "role": token.role,
        "agent_id": token.agent_id,
        "scopes": None if token.scopes is None else list(token.scopes),
        "state": _state(token, now),
        "created_at": token.created_at.isoformat(),
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
    }


def _state(token: ApiToken, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "valid" if token.valid(now) else "expired"


def _day(moment: str | None) -> str:
    return moment[:10] if moment else "never"
