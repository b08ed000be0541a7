"""Web pages of the documentation call the server from another origin."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from moto_cognitosync.server import CognitoSyncServer
from moto_cognitosync.state import dump_state, load_state
from tests.project.test_documentation import ROOT, blocks_of, write_files

from .inspector import IN_BROWSER, NODE_MODULES, Inspector, expect

pytestmark = IN_BROWSER

GUIDE = ROOT / "docs" / "guide" / "web-pages.md"


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serve(directory: Path) -> Iterator[str]:
    """Serve a directory. Another port is another origin."""
    handler = partial(Handler, directory=str(directory))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as pages:
        thread = Thread(target=pages.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{pages.server_port}"
        finally:
            pages.shutdown()
            thread.join()


@pytest.fixture
def directory(cognitosync_server: CognitoSyncServer, tmp_path: Path) -> Path:
    """Return a directory with the files of the guide, and load its state."""
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    (tmp_path / "public").mkdir()
    for icon in ("favicon.ico", "public/favicon.ico"):  # browsers request it
        (tmp_path / icon).touch()
    for language in ("html", "js", "ini"):
        write_files(blocks_of(GUIDE, language), tmp_path, cognitosync_server)
    (state,) = blocks_of(GUIDE, "json")
    load_state(json.loads(state.text))
    return tmp_path


@pytest.fixture
def built(directory: Path) -> Path:
    """Return the directory with the page that Vite has built."""
    vite = ["node_modules/.bin/vite", "build", "--mode", "development"]
    subprocess.run(vite, cwd=directory, check=True, capture_output=True)
    return directory / "dist"


def stored_records() -> list[tuple[str, str, str]]:
    """Return the dataset, key and value of each record."""
    (pool,) = dump_state()["IdentityPools"]
    return [
        (dataset["DatasetName"], record["Key"], record["Value"])
        for identity in pool["Identities"]
        for dataset in identity["Datasets"]
        for record in dataset["Records"]
    ]


async def test_page_with_version_3_of_the_sdk_syncs(
    inspector: Inspector, built: Path
) -> None:
    page = inspector.page

    with serve(built) as url:
        for visits in (1, 2):
            await page.goto(url)
            await expect(page.get_by_role("status")).to_have_text(f"Visits: {visits}")
    assert stored_records() == [("visits", "count", "2")]


async def test_page_with_amazon_cognito_js_syncs(
    inspector: Inspector, directory: Path
) -> None:
    page = inspector.page

    with serve(directory) as url:
        await page.goto(f"{url}/theme.html")
        await expect(page.get_by_role("status")).to_have_text("The theme is saved.")
    assert stored_records() == [("settings", "theme", "dark")]
