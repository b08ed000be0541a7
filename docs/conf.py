"""Sphinx configuration for the documentation; ``make docs`` builds it."""

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

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx_copybutton",
]

# Heading levels that get an anchor, for links such as page.md#heading.
myst_heading_anchors = 3

autodoc_member_order = "bysource"
# Show types in the parameter lists, not in the signatures.
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
# Show the types that these aliases stand for.
autodoc_type_aliases = {"Decorated": "Callable", "HandlerType": "Callable"}
python_use_unqualified_type_names = True

# These types do not have their own entries.
nitpick_ignore_regex = [("py:class", "Cognito(Sync|Identity)Client|Decorated|Handler")]

# Without network access, Sphinx uses the local files, which list only the names that
# these pages link to. If an offline build cannot find another name, add it there.
intersphinx_mapping = {
    "python": ("https://docs.python.org/3", (None, "_inventories/python.inv")),
    "boto3": (
        "https://boto3.amazonaws.com/v1/documentation/api/latest",
        (None, "_inventories/boto3.inv"),
    ),
}
intersphinx_timeout = 5  # seconds

# Copy commands without their prompts and output.
copybutton_prompt_text = "$ "
copybutton_line_continuation_character = "\\"
copybutton_selector = "div:not(.highlight-text) > div.highlight > pre"

html_theme = "furo"
html_theme_options = {
    "source_repository": "https://github.com/moto-cognitosync/moto-cognitosync",
    "source_branch": "main",
    "source_directory": "docs/",
}
html_title = project
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_copy_source = False
html_show_sphinx = html_show_copyright = False


class CommandHelp(Directive):
    """Insert the output of ``moto-cognitosync --help``, so that it stays up to date.

    The optional argument is a command, such as ``pull``.
    """

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Run the command, formatted to the width of a code block."""
        text = subprocess.run(
            [sys.executable, "-m", "moto_cognitosync", *self.arguments, "--help"],
            env=os.environ | {"COLUMNS": "80"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        return [nodes.literal_block(text, text, language="text")]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("command-help", CommandHelp)
