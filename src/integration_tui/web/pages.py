"""What a browser is shown: the console's page, and one page for every refusal, in plain words.

Nothing comes from another host, and a browser is told so.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

ASSETS: Final = Path(__file__).parent / "assets"

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": "integration-tui",
}

_ENTER: Final = """
function enter() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  history.replaceState(null, "", "/");
  fetch("/enter", { method: "POST", body: token }).then((answer) => {
    if (answer.ok) answer.text().then((key) => {
      localStorage.setItem("integration-tui", key);
      location.replace("/");
    });
    else document.getElementById("said").textContent =
      "The link is of a server that runs no more. Use the one that was printed last.";
  });
}
enter();
window.addEventListener("hashchange", enter);
"""
_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width">
<title>{title} - integration-tui</title>
<style>
body {{ background: #15171b; color: #e4e6eb; font: 18px/1.5 sans-serif }}
main {{ margin: 15vh auto; max-width: 36em; padding: 0 1em }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p id="said" role="status">{sentence}</p>
</main>
{script}</body>
</html>
"""


def console_page() -> str:
    """Return the page that holds the console."""
    return (ASSETS / "console.html").read_text(encoding="utf-8")


def entrance_page() -> str:
    """Return the page for whoever may not come in; it takes a token from behind a #."""
    script = f"<script>{_ENTER}</script>\n"
    sentence = "Open the link that <code>integration-tui serve</code> printed when it was started."
    return _PAGE.format(title="This console is locked", sentence=sentence, script=script)


def refusal_page(title: str, sentence: str) -> str:
    """Return a page with a sentence."""
    return _PAGE.format(title=escape(title), sentence=escape(sentence), script="")


def policy(origins: Sequence[str]) -> str:
    """Return what a page of ours may load: our own files, and its line to the console.

    xterm.js writes its styles into the page, so these may be anywhere.
    """
    # Older Safari asks for the lines; no browser takes an IPv6 address here.
    lines = " ".join(origin.replace("http", "ws", 1) for origin in origins if "[" not in origin)
    allowed = base64.b64encode(hashlib.sha256(_ENTER.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'self' 'sha256-{allowed}';"
        " style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self';"
        f" connect-src 'self' {lines}; frame-ancestors 'none'; base-uri 'none';"
        " form-action 'none'"
    )
