"""How Sphinx makes the site. It needs no network: ``make docs``."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from docutils import nodes
from docutils.parsers.rst import Directive

import moto_cognitosync

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "moto-cognitosync"
author = "The moto-cognitosync founders"
version = release = moto_cognitosync.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
# For links to the headings of a page.
myst_heading_anchors = 3

autodoc_member_order = "bysource"
# A signature shows names; the types stand with the parameters that are described.
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
# Type variables: of these, too, a reader wants to know only what they stand for.
autodoc_type_aliases = {"Decorated": "Callable", "HandlerType": "Callable"}
python_use_unqualified_type_names = True

# Python's own names, whose pages are on another site, and a type variable of ours.
nitpick_ignore_regex = [("py:class", r"collections\.abc\..*|os\.PathLike|Decorated")]

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_copy_source = False
html_show_sphinx = html_show_copyright = False


class CommandHelp(Directive):
    """Shows what the command prints for ``--help``, so that it is never out of date."""

    def run(self) -> list[nodes.Node]:
        """Run the command, on a terminal as wide as a block of the page."""
        text = subprocess.run(
            [sys.executable, "-m", "moto_cognitosync", "--help"],
            env=os.environ | {"COLUMNS": "80"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        return [nodes.literal_block(text, text, language="text")]


def setup(app: Sphinx) -> None:
    """Add what is this site's own."""
    app.add_directive("command-help", CommandHelp)
