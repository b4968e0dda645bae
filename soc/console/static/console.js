// The keyboard, the one-time link, and word that something is new. The list itself never moves under the hand.
(() => {
  "use strict";
  const once = document.getElementById("once");
  if (once && location.hash.length > 1) {
    once.elements.token.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    once.querySelector("button").focus(); // a fragment in the address may suppress autofocus
  }

  const rows = () => [...document.querySelectorAll("[data-row]")];
  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("here"));
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    all.forEach((row) => row.classList.remove("here"));
    next.classList.add("here");
    next.querySelector("a").focus();
  };
  const here = () => document.querySelector("[data-row].here");
  const press = (name) => document.querySelector(`[data-key="${name}"]`)?.click();
  const acknowledge = async () => {
    const row = here();
    if (!row) return press("acknowledge");
    const answer = await fetch(`/api/v1/alerts/${row.dataset.alert}/acknowledge`, {
      method: "POST", body: "{}", headers: { "X-CSRF-Token": document.body.dataset.csrf },
    });
    if (!answer.ok) return alert(await answer.text());
    document.body.dispatchEvent(new CustomEvent("soc:refresh"));
  };
  const pages = { q: "/alerts", p: "/approvals", c: "/collectors", o: "/overview" };
  let going = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    if (going && pages[event.key]) { location.href = pages[event.key]; return; }
    going = event.key === "g";
    const doing = {
      j: () => move(1), k: () => move(-1), a: acknowledge,
      c: () => document.getElementById("reason")?.focus(),
      m: () => document.getElementById("comment")?.focus(),
      r: () => document.getElementById("fresh")?.click(),
      "/": () => { const box = document.getElementById("search"); if (box) box.focus(); else location.href = "/events"; },
      "?": () => document.getElementById("help").showModal(),
    }[event.key];
    if (doing) { event.preventDefault(); doing(); }
  });

  const fresh = document.getElementById("fresh");
  if (fresh) {
    fresh.addEventListener("click", () => {
      fresh.hidden = true;
      document.body.dispatchEvent(new CustomEvent("soc:refresh"));
    });
  }
  const look = async () => {
    if (!fresh) return;
    const answer = await fetch("/api/v1/alerts");
    if (!answer.ok) return;
    const shown = new Set(rows().map((row) => row.dataset.alert));
    const count = (await answer.json()).alerts.filter((found) => !shown.has(found.id)).length;
    fresh.textContent = `${count} ${fresh.dataset.word} (r)`;
    fresh.hidden = count === 0;
  };
  if (document.body.dataset.live === "yes" && fresh) new EventSource("/live").addEventListener("changed", look);
})();
