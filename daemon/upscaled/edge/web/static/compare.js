"use strict";
/* Before and after, from tiles: both move together, a divider says which is seen where. */
(() => {
  const root = document.querySelector("[data-compare]");
  if (!root) return;
  const job = encodeURIComponent(root.dataset.compare);
  const stage = root.querySelector(".stage"), slider = root.querySelector(".slider");
  const note = root.querySelector(".empty");
  const line = stage.appendChild(Object.assign(document.createElement("span"), { className: "line" }));
  const sides = { after: root.querySelector("canvas.after"), before: root.querySelector("canvas.before") };
  const tiles = new Map(), MOST = 400;
  let shown = null, scale = 1, x = 0, y = 0; /* scale: screen pixels a picture pixel; x, y: what is in the middle */

  function fit() { return Math.min(stage.clientWidth / shown.width, stage.clientHeight / shown.height); }
  function level() {
    const ratio = window.devicePixelRatio || 1;
    const wanted = Math.ceil(Math.log2(Math.max(1e-6, scale * ratio)) - 0.01) + shown.levels - 1;
    return Math.min(shown.levels - 1, Math.max(0, wanted));
  }
  function tile(side, at, column, row) {
    const key = `${side}/${at}/${column}/${row}`;
    let image = tiles.get(key);
    if (image) { tiles.delete(key); tiles.set(key, image); return image; }
    image = new Image();
    image.onload = draw;
    image.src = `/tile/${job}/${key}`;
    tiles.set(key, image);
    if (tiles.size > MOST) tiles.delete(tiles.keys().next().value);
    return image;
  }
  let asked = 0;
  function draw() { if (!asked) asked = requestAnimationFrame(paint); }
  function paint() {
    asked = 0;
    if (!shown) return;
    const ratio = window.devicePixelRatio || 1, width = stage.clientWidth, height = stage.clientHeight;
    x = Math.min(Math.max(x, 0), shown.width); y = Math.min(Math.max(y, 0), shown.height);
    for (const side of Object.keys(sides)) {
      const canvas = sides[side];
      if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
      if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
      const pen = canvas.getContext("2d");
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.fillStyle = "#0c0c0b";
      pen.fillRect(0, 0, width, height);
      pen.imageSmoothingEnabled = scale < 2;
      for (const at of [0, level()]) layer(pen, side, at, width, height);
    }
    divide();
    stage.dataset.scale = scale.toFixed(3);
  }
  function layer(pen, side, at, width, height) {
    const down = 2 ** (shown.levels - 1 - at), each = shown.tile * down;
    const left = x - width / 2 / scale, top = y - height / 2 / scale;
    const right = Math.min(shown.width, left + width / scale), bottom = Math.min(shown.height, top + height / scale);
    for (let column = Math.max(0, Math.floor(left / each)); column * each < right; column += 1) {
      for (let row = Math.max(0, Math.floor(top / each)); row * each < bottom; row += 1) {
        const image = tile(side, at, column, row);
        if (!image.complete || !image.naturalWidth) continue;
        pen.drawImage(image, (column * each - left) * scale, (row * each - top) * scale,
          image.naturalWidth * down * scale, image.naturalHeight * down * scale);
      }
    }
  }
  function divide() {
    const share = Number(slider.value);
    sides.before.style.clipPath = `inset(0 ${100 - share}% 0 0)`;
    line.style.left = `${share}%`;
    line.hidden = stage.classList.contains("difference");
  }
  function centre(box) {
    if (!box) { zoom(fit()); x = shown.width / 2; y = shown.height / 2; return draw(); }
    x = (box[0] + box[2]) / 2 * shown.width; y = (box[1] + box[3]) / 2 * shown.height;
    zoom(1);
  }
  function zoom(to) { scale = Math.min(8, Math.max(Math.min(fit(), 1), to)); draw(); }

  slider.addEventListener("input", divide);
  const pointers = new Map();
  stage.addEventListener("pointerdown", (event) => {
    if (event.target === slider) return;
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
  });
  stage.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last || !shown) return;
    if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
      const away = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      zoom(scale * away(event) / Math.max(1, away(last)));
    } else { x -= (event.clientX - last.clientX) / scale; y -= (event.clientY - last.clientY) / scale; }
    pointers.set(event.pointerId, event);
    draw();
  });
  for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, (event) => pointers.delete(event.pointerId));
  stage.addEventListener("wheel", (event) => {
    if (!shown) return;
    event.preventDefault();
    const box = stage.getBoundingClientRect();
    const dx = event.clientX - box.left - box.width / 2, dy = event.clientY - box.top - box.height / 2, old = scale;
    zoom(scale * 1.0015 ** -event.deltaY);
    x += dx / old - dx / scale; y += dy / old - dy / scale;
  }, { passive: false });
  root.querySelector(".tools").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || !shown) return;
    if ("difference" in button.dataset) return difference(button);
    if (button.dataset.place) centre(shown[button.dataset.place]);
    else if (button.dataset.zoom === "fit") centre(null);
    else zoom(button.dataset.zoom === "one" ? 1 : 2);
  });
  function difference(button) {
    button.setAttribute("aria-pressed", String(stage.classList.toggle("difference")));
    divide();
  }
  addEventListener("keydown", (event) => {
    if (!shown || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.shiftKey && event.key.startsWith("Arrow")) {
      const far = 80 / scale;
      x += { ArrowLeft: -far, ArrowRight: far }[event.key] ?? 0;
      y += { ArrowUp: -far, ArrowDown: far }[event.key] ?? 0;
      event.preventDefault();
      draw();
      return;
    }
    const step = event.target !== slider && { ArrowLeft: -2, ArrowRight: 2 }[event.key];
    if (step) { slider.value = Number(slider.value) + step; divide(); event.preventDefault(); }
    if (event.key === "d") difference(root.querySelector("[data-difference]"));
    if (event.key === "w") centre(shown.worst);
    if (event.key === "+" || event.key === "-") zoom(scale * (event.key === "+" ? 1.25 : 0.8));
  });
  addEventListener("resize", draw);

  fetch(`/view/${job}`, { credentials: "same-origin" }).then(async (answer) => {
    if (!answer.ok) { note.textContent = "Source or result is not there any more, so there is nothing to compare."; return; }
    shown = await answer.json();
    note.hidden = true;
    for (const place of ["worst", "sharpest"]) root.querySelector(`[data-place="${place}"]`).hidden = !shown[place];
    centre(shown.worst);
    stage.dataset.ready = "1";
  }).catch(() => { note.textContent = "The pictures could not be fetched."; });
})();
