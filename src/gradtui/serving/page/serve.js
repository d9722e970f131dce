// What the page does around textual.js of textual-serve, which has the terminal: it says where the
// web socket is, hands over what is saved, and tells what the server tells.
"use strict";
(() => {
  const by = (id) => document.getElementById(id);
  const terminal = by("terminal");
  const wanted = Number(new URLSearchParams(location.search).get("fontsize")) || 16;
  terminal.dataset.fontSize = Math.min(Math.max(wanted, 8), 48);
  const socket = new URL("ws", location.href);
  socket.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  socket.search = "";
  terminal.dataset.sessionWebsocketUrl = socket.href;

  let sentence = "";
  const focus = () => document.querySelector(".xterm-helper-textarea")?.focus();

  function heard(event) {
    if (typeof event.data !== "string") {
      return;
    }
    const [kind, what, name] = JSON.parse(event.data);
    if (kind === "said") {
      by("said").textContent = what;
      by("said").hidden = !what;
    } else if (kind === "ended") {
      sentence = what;
    } else if (kind === "file") {
      const link = document.createElement("a");
      link.href = `download/${what}`;
      link.download = name;
      document.body.append(link);
      link.click();
      link.remove();
    }
  }

  function ended() {
    by("why").textContent = sentence || "The connection to the server is lost.";
    by("said").hidden = true;
    by("ended").hidden = false;
    document.body.classList.add("-ended");
    by("again").focus();
  }

  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(url) {
      super(url);
      this.addEventListener("message", heard);
      this.addEventListener("close", ended);
    }

    send(data) {
      if (this.readyState === Plain.OPEN) {
        super.send(data);
      }
    }
  };
  by("again").addEventListener("click", () => location.reload());
  window.addEventListener("focus", focus);

  // Without TLS a browser gives pages of other machines no clipboard; nothing reads it here.
  const copy = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    focus();
    return Promise.resolve();
  };
  const native = navigator.clipboard;
  Object.defineProperty(navigator, "clipboard", {
    value: {
      writeText: (text) => (native ? native.writeText(text).catch(() => copy(text)) : copy(text)),
      readText: () => Promise.resolve(""),
    },
  });

  // A terminal measures its font when it opens, so that has to be there before.
  const fonts = Promise.all(
    ["", "bold ", "italic "].map((style) => document.fonts.load(`${style}16px "Roboto Mono"`)),
  ).catch(() => undefined);
  const loaded = new Promise((done) => {
    if (document.readyState === "complete") {
      done();
    } else {
      window.addEventListener("load", done);
    }
  });
  Promise.all([fonts, loaded]).then(() => {
    const script = document.createElement("script");
    script.src = "static/textual.js";
    script.onload = () => {
      window.onload();
      focus();
    };
    script.onerror = ended;
    document.head.append(script);
  });
})();
