"""The buttons above a page: launch it, download it, and see, edit or discuss it in its repository.

The theme knows repositories on three hosts and chapters that stand beside their notebooks. So these
buttons are made here and shown by the theme, which is told of no repository. What a teacher writes
into ``_config.yml`` comes first: ``repository`` (``url``, ``branch``, ``path_to_book``),
``launch_buttons``, ``html`` (``use_repository_button`` and the like), and the theme's own names for
these under ``sphinx: config: html_theme_options``. ``repository.py`` finds out the rest.
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from repository import NAMES, Repository, choose, find
from sphinx.config import Config
from sphinx.locale import get_translation
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
NOTEBOOKS = "notebooks"
#: What a book offers that says nothing of it.
DEFAULTS = {
    "notebook_interface": "jupyterlab",
    "binderhub_url": "https://mybinder.org",
    "colab_url": "https://colab.research.google.com",
    "jupyterhub_url": "",
}
INTERFACES = {"jupyterlab": "lab/tree", "classic": "tree"}
#: The theme's options that it must not see, as it would make buttons of its own from them.
OPTIONS = (
    "repository_url",
    "repository_branch",
    "repository_provider",
    "path_to_docs",
    "launch_buttons",
    "use_repository_button",
    "use_issues_button",
    "use_edit_page_button",
    "use_source_button",
)
ICONS = {"github": "fab fa-github", "gitlab": "fab fa-gitlab"}


@dataclass(frozen=True)
class Settings:
    """What ``_config.yml`` says of the repository and of launching.

    ``folder`` is None where it says nothing of it. ``launch`` holds only what it says.
    """

    url: str = ""
    branch: str = ""
    folder: str | None = None
    provider: str = ""
    shown: frozenset[str] = frozenset({"repository", "issues", "edit_page"})
    launch: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Launch:
    """What a build's buttons are made from; ``notebooks`` has a page's name and its notebook."""

    settings: Settings
    repository: Repository | None
    notebooks: Mapping[str, str]


def read_settings(config: Mapping[str, Any]) -> Settings:
    """Return the settings that are in a ``_config.yml``.

    They are read from there because jupyter-book puts its own repository where none is named, and
    drops all of this when ``html_theme_options`` are given, as they are here.
    """

    def section(*names: str) -> Mapping[str, Any]:
        part: Any = config
        for name in names:
            part = (part or {}).get(name)
        return part or {}

    options = section("sphinx", "config", "html_theme_options")
    named = section("repository")
    html = section("html")

    def first(*values: Any) -> Any:
        return next((value for value in values if value is not None), None)

    shown = {
        name
        for name in ("repository", "issues", "edit_page")
        if first(html.get(f"use_{name}_button"), options.get(f"use_{name}_button")) is not False
    }
    return Settings(
        url=str(first(named.get("url"), options.get("repository_url")) or "").strip(),
        branch=str(first(named.get("branch"), options.get("repository_branch")) or ""),
        folder=first(named.get("path_to_book"), options.get("path_to_docs")),
        provider=str(options.get("repository_provider") or "").lower(),
        shown=frozenset(shown),
        launch={
            **(options.get("launch_buttons") or {}),
            **section("launch_buttons"),
        },
    )


def settings_of(source: Path) -> Settings:
    """Return the settings of the book in a folder; jupyter-book looks above it, too."""
    for folder in (source, *source.parents):
        path = folder / "_config.yml"
        if path.is_file():
            return read_settings(yaml.safe_load(path.read_text("utf-8")) or {})
    return Settings()


def not_supported(settings: Settings) -> list[str]:
    """Return what these settings ask for in vain, one sentence each."""
    known = ", ".join(DEFAULTS)
    complaints = [
        f"launch_buttons: {name} is not supported here, so it has no effect (known: {known})"
        for name, value in settings.launch.items()
        if name not in DEFAULTS and value
    ]
    interface = settings.launch.get("notebook_interface")
    if interface and interface not in INTERFACES:
        complaints.append(
            f"launch_buttons: notebook_interface is {interface!r}, expected one of "
            + ", ".join(INTERFACES)
        )
    if settings.provider and settings.provider not in NAMES:
        complaints.append(
            f"repository_provider is {settings.provider!r}, expected one of " + ", ".join(NAMES)
        )
    return complaints


def launchers(repository: Repository, launch: Mapping[str, Any], path: str) -> list:
    """Return the buttons that start a notebook, each with its name, address and logo."""
    chosen = {
        **DEFAULTS,
        **{name: str(value or "").rstrip("/") for name, value in launch.items()},
    }
    interface = INTERFACES.get(chosen["notebook_interface"], INTERFACES["jupyterlab"])
    buttons = []
    if hub := chosen["binderhub_url"]:
        address = repository.binder(hub, interface, path)
        buttons.append(("Binder", address, "logo_binder.svg"))
    if colab := chosen["colab_url"]:
        buttons.append(("Colab", repository.colab(colab, path), "logo_colab.png"))
    if hub := chosen["jupyterhub_url"]:
        address = repository.jupyterhub(hub, interface, path)
        buttons.append(("JupyterHub", address, "logo_jupyterhub.svg"))
    return [button for button in buttons if button[1]]


def generator(root: Path) -> ModuleType:
    """Return the module that writes the notebooks, of this repository."""
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return importlib.import_module("tools.notebooks")


# The extension.


def prepare(app: Any, config: Config) -> None:
    """Find out the repository, and keep it from the theme."""
    root = Path(app.srcdir)
    settings = settings_of(root)
    for complaint in not_supported(settings):
        LOGGER.warning(complaint, type="launch")
    found = find(root, os.environ)
    try:
        chosen = choose(
            found,
            settings.url,
            settings.branch,
            settings.folder,
            NAMES.get(settings.provider, ""),
        )
    except ValueError as error:
        LOGGER.warning("repository: url: %s; there are no links to it", error)
        chosen = None
    if settings.launch.get("colab_url") and chosen and chosen.host != "github.com":
        LOGGER.warning(
            "launch_buttons: Colab opens notebooks from github.com only, not from %s",
            chosen.host,
            type="launch",
        )
    app.launch = Launch(settings, chosen, generator(root).notebook_of(root))
    # Sphinx writes pages again when a value of this sort changed. The commit is on no page.
    shown = replace(chosen, commit="") if chosen else None
    config.book_buttons = repr(
        (shown, sorted(settings.shown), settings.launch, app.launch.notebooks)
    )
    for name in OPTIONS:
        config.html_theme_options.pop(name, None)


def link(url: str, text: str, tooltip: str, icon: str, label: str = "") -> dict:
    """Return a button in the theme's form."""
    button = {"type": "link", "url": url, "text": text, "tooltip": tooltip}
    return {**button, "icon": icon, **({"label": label} if label else {})}


def group(buttons: list[dict], tooltip: str, icon: str, label: str) -> list[dict]:
    """Return a menu of buttons in the theme's form; one button alone, as its icon; or none."""
    if len(buttons) > 1 or label == "launch-buttons":
        menu = {"type": "group", "tooltip": tooltip, "icon": icon, "label": label}
        return [{**menu, "buttons": buttons}] if buttons else []
    return [{**button, "text": ""} for button in buttons]


def add_buttons(app: Any, pagename: str, templatename: str, context: dict, doctree: Any) -> None:
    """Put this book's buttons before the theme's, and the notebook into its downloads."""
    buttons = context.get("header_buttons")
    if buttons is None or app.builder.format != "html":
        return
    translate = get_translation("booktheme")
    repository, settings = app.launch.repository, app.launch.settings
    notebook = app.launch.notebooks.get(pagename) if doctree else None
    ours: list[dict] = []
    if repository and notebook:
        start = [
            link(url, name, f"{translate('Launch on')} {name}", f"_static/images/{logo}")
            for name, url, logo in launchers(repository, settings.launch, notebook)
        ]
        ours += group(
            start,
            translate("Launch interactive content"),
            "fas fa-rocket",
            "launch-buttons",
        )
    if repository:
        icon = ICONS.get(repository.kind, "fab fa-git-alt")
        source = (
            os.path.relpath(app.env.doc2path(pagename), app.srcdir).replace(os.sep, "/")
            if doctree and context.get("page_source_suffix")
            else ""
        )
        offered = {
            "repository": link(
                repository.url,
                translate("Repository"),
                translate("Source repository"),
                icon,
                "source-repository-button",
            ),
            "edit_page": link(
                repository.edit_page(source) if source else "",
                translate("Suggest edit"),
                translate("Suggest edit"),
                "fas fa-pencil-alt",
                "source-edit-button",
            ),
            "issues": link(
                repository.issue_page(f"Issue on page /{pagename}.html"),
                translate("Open issue"),
                translate("Open an issue"),
                "fas fa-lightbulb",
                "source-issues-button",
            ),
        }
        ours += group(
            [b for name, b in offered.items() if name in settings.shown and b["url"]],
            translate("Source repositories"),
            icon,
            "source-buttons",
        )
    for menu in buttons:
        if menu.get("label") == "download-buttons":
            # The theme would offer the notebook that was executed, with the book's own markup.
            rest = [b for b in menu["buttons"] if b["label"] != "download-notebook-button"]
            first = (
                [
                    link(
                        context["pathto"](notebook, 1),
                        ".ipynb",
                        translate("Download notebook file"),
                        "fas fa-code",
                        "download-notebook-button",
                    )
                ]
                if notebook
                else []
            )
            menu["buttons"] = first + rest
    context["header_buttons"] = ours + buttons


def write_notebooks(app: Any, exception: Exception | None) -> None:
    """Put the notebooks into the site; they know its address and their repository's, if any."""
    if exception or app.builder.format != "html" or not app.config.book_notebooks:
        return
    root, out = Path(app.srcdir), Path(app.outdir)
    chosen = app.launch.repository
    tools = generator(root)
    origin = tools.Origin(
        site=(app.config.html_baseurl or "").rstrip("/"),
        library=chosen.pip_address() if chosen else "",
    )
    shutil.rmtree(out / NOTEBOOKS, ignore_errors=True)
    for name, text in tools.render_all(root, origin).items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.add_config_value("book_buttons", "", "html")
    app.add_config_value("book_notebooks", True, "")  # whether they are written with the pages
    # Before the theme reads its options.
    app.connect("config-inited", prepare, priority=150)
    # After the theme has made its buttons.
    app.connect("html-page-context", add_buttons, priority=600)
    app.connect("build-finished", write_notebooks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
