"""The ASGI application."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from tokometer import __version__
from tokometer.server import (
    account_files,
    account_pages,
    accounts,
    advice,
    alert_pages,
    api,
    assets,
    badges,
    billing,
    billing_page,
    board_pages,
    boards,
    budgets,
    channels,
    closings,
    control,
    digests,
    embedded,
    explored,
    exports,
    filtering,
    focus,
    grafana,
    hardware,
    health,
    ingest,
    links,
    listed,
    live,
    machines,
    notes,
    objectives,
    pages,
    panels,
    plans,
    price_book,
    pushed,
    rate_cards,
    rates,
    reconciling,
    rules,
    search,
    series,
    sources,
    subscriptions,
    targets,
    units,
    verdicts,
    views,
    what_if,
)
from tokometer.server.away import answer_when_away
from tokometer.server.discreet import Discreet
from tokometer.server.endpoints import ROUTERS
from tokometer.server.guard import LOOPBACK, Guard
from tokometer.server.missing import Heads, answer_when_missing
from tokometer.server.people import answer_people
from tokometer.server.refusing import answer_refusals
from tokometer.server.room import Room
from tokometer.server.runtime import Runtime


def create_app(runtime: Runtime, hosts: tuple[str, ...] = LOOPBACK) -> FastAPI:
    """The application over a runtime, answering to these host names."""
    app = FastAPI(
        title="Tokometer",
        version=__version__,
        description="Usage, cost and quality of every model call.",
        openapi_url="/api/openapi.json",
        # Their pages load scripts from elsewhere, which the policy forbids and an offline machine cannot.
        docs_url=None,
        redoc_url=None,
    )
    app.state.runtime = runtime
    app.state.room = Room()
    for module in (
        health,
        ingest,
        control,
        api,
        exports,
        focus,
        panels,
        filtering,
        search,
        grafana,
        live,
        machines,
        assets,
        pages,
        sources,
        targets,
        badges,
        embedded,
    ):
        app.include_router(module.router)
    for module in (views, notes, advice):
        app.include_router(module.router)
    for module in (rules, alert_pages, boards, board_pages, objectives, channels, digests, verdicts):
        app.include_router(module.router)
    for one in (
        hardware.api,
        series.api,
        units.pages,
        what_if.pages,
        subscriptions.api,
        rates.api,
        plans.pages,
        rate_cards.api,
        billing.api,
        billing_page.pages,
        account_pages.pages,
    ):
        app.include_router(one)
    for one in (reconciling.router, closings.api, closings.pages):
        app.include_router(one)
    # Fixed addresses come before those that end in an id.
    both = (listed, explored, links, budgets, price_book)
    pages_and_apis = (router for module in both for router in (module.pages, module.api))
    for one in (accounts.api, account_files.api):
        app.include_router(one)
    for router in (*ROUTERS, pushed.routes(), *pages_and_apis):
        app.include_router(router)
    answer_when_away(app)
    answer_refusals(app)
    answer_people(app)
    answer_when_missing(app)
    app.add_middleware(Discreet)
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    app.add_middleware(Heads)
    app.add_middleware(Guard, hosts=hosts)
    return app
