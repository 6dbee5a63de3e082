/* Keys and saving while typing. Every page works without this file.
   A key presses the button or link that carries it (data-key); it is dead inside fields and can be switched off. */
"use strict";
(function () {
  const STORE = "review-keys";
  const typing = (element) => Boolean(element.closest("input, textarea, select, [contenteditable]"));
  const on = () => { try { return localStorage.getItem(STORE) !== "off"; } catch { return true; } };

  function show() {
    const line = document.getElementById("keys");
    const known = [...document.querySelectorAll("[data-key]")];
    line.hidden = known.length === 0;
    document.body.classList.toggle("nokeys", !on());
    const button = document.getElementById("keys-switch");
    button.setAttribute("aria-pressed", String(on()));
    button.textContent = on() ? "Keyboard shortcuts are on" : "Keyboard shortcuts are off";
    document.getElementById("keys-list").textContent = on()
      ? known.map((one) => one.dataset.key + " " + (one.dataset.says || one.textContent.trim().replace(/\s+/g, " ").slice(0, 28))).join(" · ")
      : "";
  }

  document.addEventListener("keydown", (event) => {
    if (!on() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat || typing(event.target)) return;
    const target = document.querySelector('[data-key="' + CSS.escape(event.key) + '"]');
    if (!target || target.disabled) return;
    event.preventDefault();
    if (target.matches("a, button, summary")) target.click();
    else { target.scrollIntoView({ block: "center" }); target.focus(); }
  });

  document.getElementById("keys-switch").addEventListener("click", () => {
    try { localStorage.setItem(STORE, on() ? "off" : "on"); } catch { /* a private window forgets */ }
    show();
  });
  show();

  for (const form of document.querySelectorAll("form[data-draft]")) {
    let waiting, dirty = false;
    const note = form.querySelector("[data-saved]");
    const save = async () => {
      dirty = false;
      try {
        const answer = await fetch(form.dataset.draft, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
        if (note) note.textContent = answer.status === 204 ? "Draft saved." : "The draft could not be saved; what you typed is still here.";
      } catch {
        dirty = true;
        if (note) note.textContent = "No connection: the draft is not saved yet; what you typed is still here.";
      }
    };
    form.addEventListener("input", () => { dirty = true; clearTimeout(waiting); waiting = setTimeout(save, 700); });
    form.addEventListener("submit", () => { clearTimeout(waiting); dirty = false; });
    addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  }
})();
