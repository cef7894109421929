"use strict";
/* Live pages, times in the reader's zone, keys, and pictures handed in. Works without: forms do all. */
(() => {
  const forgery = document.querySelector('meta[name="forgery"]')?.content ?? "";
  const main = document.getElementById("main");
  const said = document.getElementById("live");
  const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

  function dress(root) {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (!Number.isNaN(at.getTime())) { time.textContent = (time.closest(".story") ? exact : clock).format(at); time.title = time.dateTime; }
    }
    for (const image of root.querySelectorAll("img")) {
      image.addEventListener("error", () => image.classList.add("gone"), { once: true });
      if (image.complete && image.naturalWidth === 0 && image.loading !== "lazy") image.classList.add("gone");
    }
  }

  /* ---- live: the server says that something changed, the page fetches its own middle */
  let shown = null, busy = false, again = false;
  async function refresh() {
    const place = main.querySelector("[data-live]");
    if (!place || document.hidden) { again = Boolean(place); return; }
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { "X-Fragment": "1" }, credentials: "same-origin" });
      if (!answer.ok) return;
      const html = await answer.text();
      if (html === shown) return;
      const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-live]");
      if (!fresh || place.contains(document.activeElement) && document.activeElement.matches("input, select")) return;
      const focus = keyOf(document.activeElement);
      shown = html;
      place.replaceWith(document.adoptNode(fresh));
      dress(fresh);
      if (focus) [...fresh.querySelectorAll("a, button")].find((one) => keyOf(one) === focus)?.focus();
    } catch { /* the daemon is away: the stream comes back by itself and tells */ } finally {
      busy = false;
      if (again) { again = false; setTimeout(refresh, 1000); }
    }
  }
  function keyOf(element) {
    if (!element || element === document.body) return "";
    const id = element.closest("form")?.querySelector('input[name="id"]')?.value ?? "";
    return `${element.tagName} ${element.getAttribute("href") ?? ""} ${element.textContent.trim()} ${id}`;
  }
  function listen() {
    if (!main.querySelector("[data-live]") || !window.EventSource) return;
    let stream = null, lost = false;
    /* Browsers allow six connections to one host: a page that nobody sees keeps none. */
    function open() {
      if (stream || document.hidden) return;
      stream = new EventSource("/live");
      let first = !lost;
      stream.onmessage = () => {
        if (!first) refresh();
        first = lost = false;
        said.className = "unseen";
        said.textContent = "";
      };
      stream.onerror = () => {
        lost = true;
        said.className = "alarm";
        said.textContent = "Not connected; the page shows what was last known.";
        if (stream?.readyState === EventSource.CLOSED) { stream = null; setTimeout(open, 5000); }
      };
    }
    function close() { stream?.close(); stream = null; lost = true; }
    addEventListener("pagehide", close);
    document.addEventListener("visibilitychange", () => { if (document.hidden) close(); else open(); });
    open();
  }

  /* ---- keys: j k move, a r decide, 1 to 5 do it again as a family */
  const families = ["core", "recover", "redefine", "text", "cgi"];
  let chosen = -1;
  /* A key that is still held from the page before decides nothing: nobody has seen this one yet. */
  let armed = false;
  function arm() { armed = true; main.dataset.keys = "on"; }
  addEventListener("keyup", arm);
  setTimeout(arm, 700);
  function items() { return [...main.querySelectorAll("[data-item]")]; }
  function choose(step) {
    const all = items();
    if (!all.length) return;
    chosen = Math.min(Math.max(chosen + step, 0), all.length - 1);
    all.forEach((one, number) => one.classList.toggle("chosen", number === chosen));
    all[chosen].querySelector("a")?.focus();
    all[chosen].scrollIntoView({ block: "nearest" });
  }
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=range]), select, textarea")) return;
    const link = main.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (link) { link.click(); return; }
    if (event.key === "j" || event.key === "k") { choose(event.key === "j" ? 1 : -1); return; }
    const scope = main.querySelector("[data-compare]") ?? items()[chosen];
    if (!scope) return;
    const number = "12345".indexOf(event.key);
    const wanted = event.key === "a" ? '[data-verb="accept"]' : event.key === "r" ? '[data-verb="reject"]'
      : number >= 0 ? `[data-verb="redo"][data-model="${families[number]}"]` : "";
    const button = wanted && scope.querySelector(wanted);
    if (event.repeat) armed = false;
    if (button && armed) { event.preventDefault(); button.click(); }
  });
  document.addEventListener("submit", (event) => {
    for (const button of event.target.querySelectorAll("button")) setTimeout(() => { button.disabled = true; });
  });
  addEventListener("pageshow", () => document.querySelectorAll("button:disabled").forEach((one) => { one.disabled = false; }));

  /* ---- pictures handed in, one after the other, as they are */
  async function send(form, files) {
    const list = form.querySelector(".sent"), button = form.querySelector("button");
    for (const file of files) {
      const line = list.appendChild(document.createElement("li"));
      line.textContent = `${file.name} is sent …`;
      const query = new URLSearchParams({ name: file.name, target: form.target.value });
      if (form.model.value) query.set("model", form.model.value);
      if (form.watch) query.set("watch", form.watch.value);
      try {
        const answer = await fetch(`/api/v1/submit?${query}`, { method: "POST", body: file,
          headers: { "Content-Type": "application/octet-stream", "X-Upscaled-Token": forgery } });
        const told = await answer.json();
        line.textContent = answer.ok
          ? `${file.name}: ${told.new ? "handed in" : "was handed in before"}, job ${told.id}`
          : `${file.name}: ${told.error.message} ${told.error.hint}`;
      } catch (error) { line.textContent = `${file.name}: not sent, ${error.message}`; }
    }
    button.disabled = false;
  }
  for (const form of document.querySelectorAll("[data-upload]")) {
    form.addEventListener("submit", (event) => { event.preventDefault(); send(form, form.file.files); });
    form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
    form.addEventListener("dragleave", () => form.classList.remove("over"));
    form.addEventListener("drop", (event) => { event.preventDefault(); form.classList.remove("over");
      if (form.reportValidity.call(form.target)) form.file.files = event.dataTransfer.files; });
  }
  for (const form of document.querySelectorAll("[data-try]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const file = form.file.files[0], place = document.getElementById("tried");
      place.textContent = `${file.name} is looked at …`;
      const answer = await fetch(`/rules/try?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file,
        headers: { "Content-Type": "application/octet-stream", "X-Upscaled-Token": forgery, "X-Fragment": "1" } });
      const html = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = html.getElementById("tried") ?? html.querySelector("h1");
      place.replaceChildren(...(fresh.id ? fresh.childNodes : [fresh]));
      form.querySelector("button").disabled = false;
    });
  }

  dress(document);
  listen();
})();
