/* Keys, saving while typing, and the next item already here. Every page works without this file.
   A key presses the button or link that carries it (data-key); where several carry it, each in turn. Keys are dead
   inside fields and can be switched off. */
"use strict";
(function () {
  const STORE = "review-keys";
  const DRAFT_MS = 700, AHEAD_MS = 120, KEEP_MS = 5 * 60 * 1000;
  const $ = (one, inside = document) => inside.querySelector(one);
  const all = (some, inside = document) => [...inside.querySelectorAll(some)];
  const say = (words) => { $("#said").textContent = words; };
  const here = () => location.pathname + location.search;
  let shown = here(), pressed = null, busy = false, ahead = null, active = false;

  /* Keys */
  const typing = (element) => Boolean(element.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]"));
  const on = () => { try { return localStorage.getItem(STORE) !== "off"; } catch { return true; } };

  function listKeys() {
    const seen = new Set(), list = $("#keys-list");
    list.replaceChildren();
    for (const one of all("[data-key]")) {
      if (seen.has(one.dataset.key)) continue;
      seen.add(one.dataset.key);
      const line = document.createElement("li"), key = document.createElement("kbd");
      key.textContent = one.dataset.key;
      line.append(key, " " + (one.dataset.says || one.textContent.trim().replace(/\s+/g, " ").slice(0, 40)));
      list.append(line);
    }
    $("#keys").hidden = seen.size === 0;
    document.body.classList.toggle("nokeys", !on());
    const button = $("#keys-switch");
    button.setAttribute("aria-pressed", String(on()));
    button.textContent = on() ? "Keyboard shortcuts are on" : "Keyboard shortcuts are off";
  }

  function press(key) {
    const targets = all('[data-key="' + CSS.escape(key) + '"]').filter((one) => !one.disabled)
      .sort((one, other) => Number("first" in other.dataset) - Number("first" in one.dataset));
    if (!targets.length) return moveRow(key);
    const target = targets[(targets.indexOf(pressed) + 1) % targets.length];
    pressed = target;
    if (target.matches("button, summary")) target.click();
    else if (target.matches("a")) {
      target.click();
      if (target.hash && target.pathname === location.pathname) $(target.hash)?.focus();
    } else {
      target.closest("details:not([open])")?.setAttribute("open", "");
      target.scrollIntoView({ block: "center" });
      target.focus();
    }
    return true;
  }

  function moveRow(key) {
    const rows = all("[data-row]"), step = { j: 1, k: -1 }[key];
    if (!step || !rows.length) return false;
    const at = rows.indexOf(document.activeElement);
    rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)].focus();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    active = true;
    if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
    if (event.key === "Enter" && event.target.dataset.enter && !event.isComposing) {
      // The first button of a form is what Enter presses, and here that would be another one.
      event.preventDefault();
      document.getElementById(event.target.dataset.enter).click();
      return;
    }
    if (!on() || busy || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat || typing(event.target)) return;
    if (press(event.key)) event.preventDefault();
  });

  $("#keys-switch").addEventListener("click", () => {
    try { localStorage.setItem(STORE, on() ? "off" : "on"); } catch { /* a private window forgets */ }
    listKeys();
  });

  /* The next item is fetched while this one is read: document only, nothing is claimed by it. */
  async function lookAhead() {
    ahead = null;
    const next = $('link[rel="next"]');
    if (!next) return;
    try {
      const answer = await fetch(next.href + "?ahead=1");
      if (answer.ok) ahead = $("main", new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { /* it is asked for again when it is needed */ }
  }

  /* Sends a form or follows a link; the answer takes this page's place. Until it is here nothing typed is lost. */
  async function go(address, options) {
    busy = true;
    const before = $("main");
    const waiting = setTimeout(() => { if (ahead) { $("main").replaceWith(ahead); scrollTo(0, 0); } }, AHEAD_MS);
    before.setAttribute("aria-busy", "true");
    const undo = (words) => {
      clearTimeout(waiting);
      $("main").replaceWith(before);
      before.removeAttribute("aria-busy");
      busy = false;
      say(words);
      for (const note of all("[data-saved]")) note.textContent = words;
    };
    let answer, text;
    try {
      answer = await fetch(address, options);
      text = await answer.text();
    } catch {
      return undo("No connection: nothing was saved; what you typed is still here. Try again.");
    }
    if (!(answer.headers.get("content-type") || "").startsWith("text/html")) return undo(text.trim());
    clearTimeout(waiting);
    const page = new DOMParser().parseFromString(text, "text/html");
    document.title = page.title;
    $("main").replaceWith($("main", page));
    $(".top").replaceWith($(".top", page));
    for (const link of all('link[rel="next"]')) link.remove();
    document.head.append(...all('link[rel="next"]', page));
    const to = new URL(answer.redirected || !options ? answer.url : location.href);
    if (to.pathname + to.search !== here()) history.pushState(null, "", to);
    shown = here();
    busy = false;
    start();
    scrollTo(0, 0);
    const first = $("[aria-invalid=true]") || $(".problem[role=alert] a") || $("#preview") || $("main");
    first.focus({ preventScroll: first.matches("main") });
    say(document.title);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    if (!form.matches("[data-quick]") || (button && button.formAction.endsWith("/draft"))) return;
    event.preventDefault();
    if (busy) return;
    const body = new URLSearchParams(new FormData(form));
    if (button && button.name) body.append(button.name, button.value);
    go(button && button.hasAttribute("formaction") ? button.formAction : form.action, { method: "POST", body });
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="/review/next"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || busy) return;
    event.preventDefault();
    go(link.href);
  });

  addEventListener("popstate", () => { if (here() !== shown) location.reload(); });

  /* Drafts: what is typed is kept on the server; the answer is what follows from the numbers. */
  let unsaved = false;
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

  function keepDrafts(form) {
    let waiting;
    const note = $("[data-saved]", form.parentElement);
    const tell = (words) => { if (note) note.textContent = words; };
    const save = async () => {
      try {
        const answer = await fetch(form.dataset.draft, { method: "POST", body: new URLSearchParams(new FormData(form)) });
        unsaved = !answer.ok;
        if (answer.status === 401) return tell("You are not signed in any more: the draft is not saved; what you typed is still here. Press the button you want and sign in.");
        if (answer.ok && $("[data-derived]")) $("[data-derived]").innerHTML = await answer.text();
        tell(answer.ok ? "Draft saved." : (await answer.text()).trim().slice(0, 200));
      } catch {
        tell("No connection: the draft is not saved yet; what you typed is still here.");
      }
    };
    form.addEventListener("input", () => { unsaved = true; clearTimeout(waiting); waiting = setTimeout(save, DRAFT_MS); });
    form.addEventListener("submit", () => { clearTimeout(waiting); unsaved = false; });
  }

  /* Forms without a draft: what stands in one is not lost by sending another. */
  const touched = (form) => all("input:not([type=hidden]), textarea", form).some((one) =>
    one.matches("[type=radio], [type=checkbox]") ? one.checked !== one.defaultChecked : one.value !== one.defaultValue);
  let warned = null;
  document.addEventListener("submit", (event) => {
    const form = event.target, other = all("main form").find((one) => one !== form && !one.dataset.draft && touched(one));
    if (!other || form.closest("main") === null || warned === form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    warned = form;
    const field = $("input:not([type=hidden]), textarea", other);
    for (let box = field.closest("details:not([open])"); box; box = field.closest("details:not([open])")) box.open = true;
    field.scrollIntoView({ block: "center" });
    field.focus();
    say("Not sent: what you typed in another form on this page would be lost. Send that one first, or press again.");
  }, true);

  /* Reading is activity too: the item stays this person's while they move about on its page. */
  for (const kind of ["pointermove", "scroll"]) addEventListener(kind, () => { active = true; }, { passive: true });
  setInterval(() => {
    const form = $("form[data-draft]");
    if (!active || !form) return;
    active = false;
    const body = new URLSearchParams({ form_token: $("[name=form_token]", form).value });
    fetch(form.dataset.draft.replace(/draft$/, "keep"), { method: "POST", body }).catch(() => {});
  }, KEEP_MS);

  function start() {
    listKeys();
    for (const form of all("form[data-draft]")) keepDrafts(form);
    lookAhead();
  }
  start();
})();
