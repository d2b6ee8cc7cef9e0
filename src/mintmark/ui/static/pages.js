// What the browser does by itself: clock, keys, theme, drawers, the soft flash of a changed figure.
(() => {
  const pad = (n) => String(n).padStart(2, "0");
  const tick = () => {
    const now = new Date();
    for (const clock of document.querySelectorAll("[data-clock]")) {
      clock.textContent = `${pad(now.getUTCHours())}:${pad(now.getUTCMinutes())}:${pad(now.getUTCSeconds())} UTC`;
      clock.title = `${now.toLocaleString()} here`;
    }
  };
  setInterval(tick, 1000);
  document.addEventListener("DOMContentLoaded", tick);

  const here = () => {
    const path = location.pathname;
    for (const link of document.querySelectorAll(".rail nav a")) {
      const home = link.getAttribute("href");
      const on = home === "/" ? path === "/" : path === home || path.startsWith(home + "/");
      if (link.classList.contains("here") !== on) link.classList.toggle("here", on);
    }
  };

  const seen = new Map();
  const flash = (root) => {
    for (const node of root.querySelectorAll("[data-live]")) {
      const key = location.pathname + node.dataset.live;
      const before = seen.get(key);
      seen.set(key, node.textContent);
      if (before !== undefined && before !== node.textContent) node.classList.add("flash");
    }
  };

  const close = () => document.querySelectorAll(".drawer.open").forEach((drawer) => drawer.classList.remove("open"));
  const closed = () => (close(), document.querySelectorAll(".fig.on").forEach((one) => one.classList.remove("on")));
  document.addEventListener("click", (event) => {
    const theme = event.target.closest("[data-theme]");
    const opens = event.target.closest("[data-opens]");
    const copies = event.target.closest("[data-copies]");
    if (theme) {
      const dark = !document.body.classList.contains("body--dark");
      document.cookie = `mintmark_theme=${dark ? "dark" : "light"};path=/;max-age=31536000;samesite=lax`;
      setDark(dark);
    } else if (opens) {
      const drawer = document.querySelector(`[data-drawer="${opens.dataset.opens}"]`);
      if (drawer.showModal) return drawer.showModal();
      const figure = opens.dataset.path !== undefined;
      document.querySelectorAll(".fig.on").forEach((one) => one.classList.remove("on"));
      if (figure) opens.classList.add("on");
      const show = figure || !drawer.classList.contains("open");
      close();
      drawer.classList.toggle("open", show);
      if (show && !figure) drawer.querySelector("input, textarea, button")?.focus();
    } else if (copies) {
      navigator.clipboard?.writeText(copies.dataset.copies);
      copies.textContent = "copied";
    } else if (event.target.closest("[data-closes]")) {
      closed();
    }
  });

  let leader = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      closed();
      if (event.target.closest(".search")) event.target.blur();
      return;
    }
    if (event.metaKey || event.ctrlKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (event.key === "/") {
      event.preventDefault();
      document.querySelector(".search input").focus();
    } else if (event.key === "?") {
      document.querySelector('[data-drawer="help"]').showModal();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const row = document.activeElement.closest("tr");
      const next = event.key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
      const link = next?.querySelector("a");
      if (link) event.preventDefault(), link.focus();
    } else if (Date.now() - leader < 1500) {
      leader = 0;
      document.querySelector(`.rail a[data-key="${CSS.escape(event.key)}"]`)?.click();
    } else if (event.key === "g") {
      leader = Date.now();
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(() => (here(), flash(document))).observe(document.body, { childList: true, subtree: true });
    here();
  });
})();
