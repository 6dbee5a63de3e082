// Enhancements only: every page is whole without this file. No library but the site's own pagefind index.
"use strict";

// Tables marked data-filter get a box that hides rows without the words typed.
for (const table of document.querySelectorAll("table[data-filter]")) {
  const rows = [...table.tBodies[0].rows];
  if (rows.length < 6) continue;
  const label = document.createElement("label"), box = document.createElement("input"), said = document.createElement("output");
  label.className = "filter";
  label.append(table.dataset.filter + " ", box, " ", said);
  box.type = "search";
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      left += !row.hidden;
    }
    said.textContent = words.length ? left + " of " + rows.length : "";
  });
  table.closest(".scroll").before(label);
}

// The evidence map: choose which kind of evidence is shown.
for (const map of document.querySelectorAll("table.map")) {
  const label = document.createElement("label"), choice = document.createElement("select");
  label.className = "filter";
  for (const [value, words] of [["", "all evidence"], ["known", "randomised trials"], ["seen", "observational only"], ["empty", "gaps"]]) {
    choice.add(new Option(words, value));
  }
  choice.addEventListener("change", () => {
    for (const cell of map.querySelectorAll("tbody td")) cell.classList.toggle("off", choice.value !== "" && !cell.classList.contains(choice.value));
  });
  label.append("Show ", choice);
  map.closest(".scroll").before(label);
}

// Search over all pages.
const form = document.querySelector("form[data-search]");
if (form) {
  const box = form.elements.q, list = document.getElementById("hits"), said = document.getElementById("said");
  form.hidden = false;
  let turn = 0;
  const show = async () => {
    const mine = ++turn, words = box.value.trim();
    if (!words) { list.replaceChildren(); said.textContent = ""; return; }
    const index = await import(new URL(form.dataset.search, document.baseURI).href);
    const found = await index.search(words);
    const pages = await Promise.all(found.results.slice(0, 20).map((one) => one.data()));
    if (mine !== turn) return;
    said.textContent = found.results.length + (found.results.length === 1 ? " page" : " pages");
    list.replaceChildren(...pages.map((page) => {
      const item = document.createElement("li"), link = document.createElement("a"), text = document.createElement("p");
      link.href = page.url;
      link.textContent = page.meta.title;
      const excerpt = new DOMParser().parseFromString(page.excerpt, "text/html").body;
      for (const node of excerpt.childNodes) {
        const part = document.createElement(node.nodeName === "MARK" ? "mark" : "span");
        part.textContent = node.textContent;
        text.append(part);
      }
      item.append(link, text);
      return item;
    }));
  };
  let waiting;
  box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(show, 150); });
  form.addEventListener("submit", (event) => { event.preventDefault(); history.replaceState(null, "", "?q=" + encodeURIComponent(box.value)); show(); });
  box.value = new URLSearchParams(location.search).get("q") || "";
  show();
}
