// Before textual.js: where its line leads, why it ended, and where the first key goes.
"use strict";

const name = "integration-tui";
const key = localStorage.getItem(name);
const said = { 1006: key ? "The server is gone, or the line to it."
  : "This browser has lost its key. Open the link that was printed once more." };

window.WebSocket = class extends WebSocket {
  constructor(address) {
    super(address, key ? [name, key] : [name]);
    this.addEventListener("close", (event) => {
      const reason = event.reason || said[event.code] || "The session has ended.";
      document.getElementById("reason").textContent = reason;
      document.getElementById("again").focus();
    });
  }
};

function focusConsole() {
  const keys = document.querySelector(".xterm-helper-textarea");
  if (keys && !document.body.classList.contains("-closed")) keys.focus();
}

document.addEventListener("DOMContentLoaded", () => {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const terminal = document.getElementById("terminal");
  terminal.dataset.sessionWebsocketUrl = `${scheme}//${location.host}/ws`;
  document.getElementById("again").addEventListener("click", () => location.reload());
  // The console listens from its first byte on.
  const watching = new MutationObserver(() => {
    if (!document.body.classList.contains("-first-byte")) return;
    watching.disconnect();
    focusConsole();
  });
  watching.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  window.addEventListener("focus", focusConsole);
});
