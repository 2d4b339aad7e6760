"""asr-qa serve: the HTTP API."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from asr_qa.bootstrap import SystemClock, connect, load_rules, load_scorecards
from asr_qa.config import Settings
from asr_qa.core.scorecard import Scorecard
from asr_qa.pipeline.store import CallFilters

if TYPE_CHECKING:
    from fastapi import FastAPI

    from asr_qa.pipeline.store import Store

NEWEST = 200
"""Calls whose scorecards are looked for when the server starts."""
STOP_SECONDS = 10
"""How long requests may go on after the server was told to stop."""


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; 127.0.0.1 is this machine only. [ASR_QA_SERVER__HOST]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0 is any free one. [ASR_QA_SERVER__PORT]")
    ] = None,
    no_token: Annotated[
        bool, typer.Option("--no-token", help="Ask for no token; only on this machine, for trying things out.")
    ] = False,
) -> None:
    """Serve the API: the queue of calls, their documents and audio, reviews, reports.

    Every request needs a token (asr-qa token create NAME --role reviewer), sent as Authorization: Bearer TOKEN.
    The description for programs is at /v1/openapi.json. Behind a proxy let the proxy do TLS.
    Ctrl-C or SIGTERM lets running requests finish, then stops. What asr-qa process scores meanwhile shows at once.
    """
    from asr_qa.api.scratch import clear_left_behind
    from asr_qa.server import check_exposure, check_port, create_app

    settings = Settings()
    address = host or settings.server.host
    number = settings.server.port if port is None else port
    with_token = settings.server.require_token and not no_token
    check_exposure(address, require_token=with_token)
    check_port(address, number)
    clear_left_behind()
    rules = load_rules(settings)
    cards = load_scorecards(settings, rules)
    store = connect(settings)
    try:
        _say_cards(store, cards)
        app = create_app(
            store=store,
            clock=SystemClock(),
            ruleset=rules.ruleset,
            scorecards=cards,
            timing=rules.scorecard.timing,
            host=address,
            require_token=with_token,
        )
        _run(app, address, number, settings, ready=lambda url: _say_ready(url, store, with_token=with_token))
    finally:
        store.close()


def _say_cards(store: Store, cards: Mapping[str, Scorecard]) -> None:
    """Name scorecards that the newest calls were scored on and that are not at hand: their reviews have no sheet."""
    newest = store.list_calls(CallFilters(), limit=NEWEST).calls
    if missing := sorted({call.scorecard for call in newest if call.scorecard} - cards.keys()):
        typer.echo(
            f"calls are scored on {', '.join(missing)}, which the rules in use do not have: reviews of these calls "
            "show no sheet with people's decisions (human_sheet); set ASR_QA_RULES_DIR to the rules that have it",
            err=True,
        )


def _say_ready(url: str, store: Store, *, with_token: bool) -> None:
    typer.echo(f"serving {url} (Ctrl-C stops)")
    if not with_token:
        typer.echo("no token needed: whoever uses this machine is an administrator here", err=True)
    elif any(token.valid(SystemClock().now()) for token in store.tokens()):
        typer.echo(f"try: curl -H 'Authorization: Bearer TOKEN' '{url}/v1/calls?flagged=true'")
    else:
        typer.echo("every request needs a token and there is none yet: asr-qa token create NAME --role reviewer")


def _run(app: FastAPI, host: str, port: int, settings: Settings, *, ready: Callable[[str], None]) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        """Says that it is ready only once it answers."""

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets=sockets)
            if self.started and self.servers:
                ready(_url(host, self.servers[0].sockets[0].getsockname()[1]))

    config = uvicorn.Config(
        app,
        host=host.strip("[]"),
        port=port,
        # Requests are logged unless somebody asked for less.
        log_level=settings.log_level if "log_level" in settings.model_fields_set else "info",
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    logging.getLogger("uvicorn.access").addFilter(path_only)
    with _stopping_quietly():
        Server(config).run()


def _url(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host.strip("[]"), host.strip("[]"))  # noqa: S104
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def path_only(record: logging.LogRecord) -> bool:
    """Take the query out of a line of the access log: what people search for, and what they send there by mistake."""
    if isinstance(record.args, tuple) and len(record.args) == 5:
        client, method, path, version, status = record.args
        record.args = (client, method, str(path).partition("?")[0], version, status)
    return True


@contextmanager
def _stopping_quietly() -> Iterator[None]:
    """The server stops on a signal and then raises it again; to be told to stop is no failure."""
    before = {number: signal.signal(number, _ignore) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore(_number: int, _frame: object) -> None:
    pass
