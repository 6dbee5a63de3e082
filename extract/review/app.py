"""The review queue as web pages: for now a view of what waits; decisions are taken on the command line.

The pages read the store and nothing else; they never write, so they need no login, and they are served to this
machine only unless the operator says otherwise.
"""

from __future__ import annotations

import json
from importlib import resources

from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FunctionLoader, select_autoescape

from extract.errors import DecisionError
from extract.review.views import item_details, queue_items
from extract.schema.protocol import Protocol
from extract.store.engine import Store

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def review_app(store: Store, protocol: Protocol) -> FastAPI:
    """Return the application, to be mounted at ``/review``."""
    app = FastAPI(title="Review queue", docs_url=None, redoc_url=None, openapi_url=None)
    templates = Environment(
        loader=FunctionLoader(_template), autoescape=select_autoescape(default=True), trim_blocks=True
    )

    def page(name: str, **values: object) -> HTMLResponse:
        html = templates.get_template(name).render(protocol=protocol, **values)
        return HTMLResponse(html, headers=SECURITY_HEADERS)

    @app.get("/", response_class=HTMLResponse)
    def inbox() -> HTMLResponse:
        """Show everything that waits."""
        with store.read() as tx:
            return page("inbox.html", items=queue_items(tx))

    @app.get("/item/{item}", response_class=HTMLResponse)
    def item(item: str) -> HTMLResponse:
        """Show one item with its source, and the command that decides it."""
        try:
            with store.read() as tx:
                details = item_details(tx, item)
        except DecisionError as error:
            raise HTTPException(status_code=404, detail=str(error)) from error
        return page("item.html", item=item, details=details, text=json.dumps(details, ensure_ascii=False, indent=2))

    return app


def _template(name: str) -> str:
    return (resources.files("extract.review") / "templates" / name).read_text(encoding="utf-8")
