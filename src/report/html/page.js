"use strict";
(() => {
  const run = JSON.parse(document.getElementById("run").textContent);
  const text = (at) => (at < 0 ? "" : run.text[at]);
  const ENDS = ["ok", "failed", "unreachable", "lost", "unsupported", "cancelled", "not ended"];
  const OUTCOMES = ["ok", "changed", "would change", "skipped", "failed"];
  const COLOURS = ["ok", "changed", "changed", "skipped", "failed"];
  const make = (name, classes, words) => {
    const made = document.createElement(name);
    if (classes) made.className = classes;
    if (words !== undefined) made.textContent = words;
    return made;
  };
  const duration = (ms) => {
    if (ms < 1000) return `${ms} ms`;
    if (ms < 59950) return `${(ms / 1000).toFixed(1).replace(/\.0$/, "")} s`;
    const seconds = Math.round(ms / 1000);
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
    return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`;
  };
  const count = (number, thing) => `${number} ${thing}${number === 1 ? "" : "s"}`;
  const title = (step) => `${text(run.steps[step][0])}: ${text(run.steps[step][1])}`;

  const hosts = run.hosts.map(([name, plan, end, detail, started, connected, ended, rows, answer], order) => {
    const steps = rows.map(([place, outcome, from, took, reason, output]) => (
      { step: run.plans[plan][place], place, outcome, from, took, reason, output }));
    const changed = steps.some((step) => step.outcome === 1 || step.outcome === 2);
    const group = end === 1 || end === 3 || end === 4 ? "failed" : end === 2 ? "unreachable"
      : end >= 5 ? "cancelled" : changed ? "changed" : "ok";
    return { name, plan: run.plans[plan], end, detail, started, connected, ended, steps, answer, group, order };
  });
  const colour = { ok: "ok", changed: "changed", failed: "failed", unreachable: "away", cancelled: "skipped" };
  const sign = { ok: "✓", changed: "✓", failed: "✗", unreachable: "?", cancelled: "–" };
  const took = (host) => Math.max(0, host.ended - host.started);
  const whole = Math.max(1, run.took, ...[0].concat(hosts.length < 50000 ? hosts.map((host) => host.ended) : []));

  // Where the time went: the same step on all hosts together.
  const spent = new Map();
  const spend = (key, name, host, time) => {
    if (time <= 0) return;
    const one = spent.get(key) || { name, total: 0, hosts: 0, longest: 0, host: "" };
    one.total += time; one.hosts += 1;
    if (time > one.longest) { one.longest = time; one.host = host.name; }
    spent.set(key, one);
  };
  for (const host of hosts) {
    if (host.started < 0) continue;
    spend("connect", null, host, (host.connected < 0 ? host.ended : host.connected) - host.started);
    if (host.connected >= 0) {
      const known = host.steps.reduce((sum, step) => sum + step.took, 0);
      spend("check", null, host, host.ended - host.connected - known);
    }
    for (const step of host.steps) spend(step.step, step.step, host, step.took);
  }
  const NAMES = { connect: "connecting", check: run.mode === "command" ? "running the command" : "checking, and between steps" };
  const ranked = [...spent].sort((a, b) => b[1].total - a[1].total).slice(0, 12);
  const table = document.getElementById("spent");
  for (const [key, one] of ranked) {
    const row = make("tr");
    const what = make("td", "step");
    if (one.name === null) what.append(NAMES[key]);
    else {
      const [module, name] = run.steps[one.name];
      const link = make("button", "link");
      link.type = "button"; link.title = "Show the hosts that took time for it";
      link.append(make("span", "module", `${text(module)}  `), text(name));
      link.addEventListener("click", () => { search.value = text(name); update(); search.scrollIntoView(); search.focus(); });
      what.append(link);
    }
    const bar = make("td", "bar"), meter = make("div", one.name === null ? "meter connect" : "meter");
    meter.style.width = `${100 * one.total / ranked[0][1].total}%`;
    bar.append(meter);
    row.append(what, make("td", "number", String(one.hosts)), make("td", "number", duration(one.total)), bar,
      make("td", "number longest", `${duration(one.longest)} on ${one.host}`));
    table.append(row);
  }
  document.getElementById("time").hidden = ranked.length === 0;

  // The axis: at most six marks, at round times.
  const ticks = document.getElementById("ticks");
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 15000, 30000, 60000, 120000, 300000, 600000,
    1800000, 3600000, 7200000, 21600000, 86400000];
  const phone = matchMedia("(max-width: 640px)").matches;
  const gap = steps.find((step) => whole / step <= (phone ? 4 : 8)) || whole;
  for (let at = 0; at <= whole; at += gap) {
    const tick = make("span", at > whole * 0.96 ? "last" : "", at === 0 ? "0" : duration(at));
    tick.style.left = `${100 * at / whole}%`;
    ticks.append(tick);
  }

  const track = (host) => {
    const line = make("div", "track");
    const part = (classes, from, to, hint) => {
      const piece = make("i", classes);
      piece.style.left = `${100 * from / whole}%`;
      piece.style.width = `${100 * Math.max(0, to - from) / whole}%`;
      piece.title = hint;
      line.append(piece);
    };
    line.setAttribute("role", "img");
    if (host.started < 0) { line.setAttribute("aria-label", "not begun"); return line; }
    const connected = host.connected < 0 ? host.ended : host.connected;
    part(host.end === 2 ? "f-away" : "f-connect", host.started, connected, `connecting: ${duration(connected - host.started)}`);
    if (host.connected >= 0) part("f-check", connected, host.ended, `connected for ${duration(host.ended - connected)}`);
    const words = [`connecting ${duration(connected - host.started)}`];
    for (const step of host.steps) {
      if (step.took <= 0 && step.outcome !== 4) continue;
      // What is narrower than a hair, and went well, is not drawn: thousands of such would only cost time.
      if (step.took < whole / 2000 && step.outcome !== 4) continue;
      part(`f-${COLOURS[step.outcome]}`, step.from, step.from + step.took, `${title(step.step)}: ${OUTCOMES[step.outcome]}, ${duration(step.took)}`);
      if (words.length < 8) words.push(`${title(step.step)} ${OUTCOMES[step.outcome]} ${duration(step.took)}`);
    }
    line.setAttribute("aria-label", words.join("; "));
    return line;
  };

  const body = (host) => {
    const inside = make("div", "body");
    const counts = new Array(5).fill(0);
    for (const step of host.steps) counts[step.outcome] += 1;
    if (host.connected >= 0) counts[0] = host.plan.length - counts[1] - counts[2] - counts[3] - counts[4];
    const said = counts.map((number, outcome) => (number ? `${number} ${OUTCOMES[outcome]}` : "")).filter(Boolean).join(", ");
    const began = host.started < 0 ? "not begun" : `from ${duration(host.started)} to ${duration(host.ended)}`;
    inside.append(make("p", "", `${ENDS[host.end]} · ${said ? `${said} · ` : ""}${began}`));
    if (host.detail >= 0) inside.append(make("p", host.end === 2 ? "t-away" : host.end === 5 ? "" : "t-failed", text(host.detail)));
    const list = make("ul", "steps");
    const item = (outcome, module, name, time, reason, output) => {
      const line = make("li");
      const what = make("span", "what");
      if (module) what.append(make("span", "module", `${module}  `));
      what.append(name);
      if (reason) what.append(make("span", "module", `, ${reason}`));
      line.append(make("span", `word t-${COLOURS[outcome]}`, OUTCOMES[outcome]), what, make("span", "time", time > 0 ? duration(time) : ""));
      if (output) { const shown = make("pre", "", output); shown.tabIndex = 0; line.append(shown); }
      list.append(line);
    };
    const known = new Map(host.steps.map((step) => [step.place, step]));
    if (host.connected >= 0) host.plan.forEach((step, place) => {
      const one = known.get(place);
      const [module, name] = run.steps[step];
      if (one) item(one.outcome, text(module), text(name), one.took, text(one.reason), text(one.output));
      else item(0, text(module), text(name), 0, "", "");
    });
    if (host.answer) {
      const [status, stdout, stderr] = host.answer;
      const line = make("li");
      line.append(make("span", `word t-${status === 0 ? "ok" : "failed"}`, `exit ${status}`), make("span", "what", stdout < 0 && stderr < 0 ? "no output" : ""));
      for (const [label, output] of [["", stdout], ["stderr:\n", stderr]]) if (output >= 0) { const shown = make("pre", "", label + text(output)); shown.tabIndex = 0; line.append(shown); }
      list.append(line);
    }
    if (list.children.length) inside.append(list);
    return inside;
  };

  const row = (host) => {
    if (host.row) return host.row;
    const details = make("details", "host");
    const summary = make("summary");
    const mark = make("span", `sign t-${colour[host.group]}`, sign[host.group]);
    mark.setAttribute("role", "img"); mark.setAttribute("aria-label", host.group);
    const name = make("span", "name", host.name);
    name.title = host.name;
    summary.append(mark, name, track(host), make("span", "took", host.started < 0 ? "" : duration(took(host))));
    details.append(summary);
    // Made when they are opened: most never are.
    details.addEventListener("toggle", () => { if (details.open && details.children.length === 1) details.append(body(host)); });
    host.row = details;
    return details;
  };

  // Search: a host's name, its steps' modules and titles where they did something, and what they wrote.
  const lower = run.text.map((words) => words.toLowerCase());
  const matches = (host, wanted) => {
    if (host.name.toLowerCase().includes(wanted)) return true;
    const has = (at) => at >= 0 && lower[at].includes(wanted);
    if (has(host.detail) || (host.answer && (has(host.answer[1]) || has(host.answer[2])))) return true;
    return host.steps.some((step) => has(run.steps[step.step][0]) || has(run.steps[step.step][1]) || has(step.reason) || has(step.output)
      || title(step.step).toLowerCase().includes(wanted));
  };
  const search = document.getElementById("search"), sort = document.getElementById("sort");
  const list = document.getElementById("hosts"), shown = document.getElementById("shown"), more = document.getElementById("more");
  const chips = document.getElementById("chips");
  const PAGE = 400;
  let wanted = new Set(), limit = PAGE;
  for (const group of ["failed", "unreachable", "cancelled", "changed", "ok"]) {
    const number = hosts.filter((host) => host.group === group).length;
    if (!number) continue;
    const chip = make("button", "chip");
    chip.type = "button"; chip.dataset.group = group;
    chip.setAttribute("aria-pressed", "false");
    chip.append(make("span", `dot f-${colour[group]}`), group === "changed" && run.mode === "dry-run" ? "would change" : group === "ok" && run.mode !== "command" ? "unchanged" : group, make("b", "", String(number)));
    chip.addEventListener("click", () => {
      if (!wanted.delete(group)) wanted.add(group);
      chip.setAttribute("aria-pressed", String(wanted.has(group)));
      limit = PAGE; update();
    });
    chips.append(chip);
  }
  const WORSE = { failed: 0, unreachable: 1, cancelled: 2, changed: 3, ok: 4 };
  const ORDERS = {
    inventory: (a, b) => a.order - b.order,
    trouble: (a, b) => WORSE[a.group] - WORSE[b.group] || a.order - b.order,
    slowest: (a, b) => took(b) - took(a) || a.order - b.order,
    begun: (a, b) => a.started - b.started || a.order - b.order,
  };
  const update = () => {
    const words = search.value.trim().toLowerCase();
    const found = hosts.filter((host) => (!wanted.size || wanted.has(host.group)) && (!words || matches(host, words)));
    found.sort(ORDERS[sort.value] || ORDERS.inventory);
    list.replaceChildren(...found.slice(0, limit).map(row));
    if (!found.length) list.append(make("p", "body", "No host is like that."));
    more.hidden = found.length <= limit;
    more.textContent = `Show ${count(Math.min(PAGE, found.length - limit), "more host")}`;
    shown.textContent = found.length === hosts.length ? count(hosts.length, "host") : `${found.length} of ${count(hosts.length, "host")}`;
  };
  more.addEventListener("click", () => { limit += PAGE; update(); });
  let timer = 0;
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => { limit = PAGE; update(); }, hosts.length > 1000 ? 150 : 0); });
  sort.addEventListener("change", update);
  // A link may carry what is searched for: report.html#web042
  if (location.hash.length > 1) { try { search.value = decodeURIComponent(location.hash.slice(1)); } catch { /* not a search */ } }
  update();
  document.documentElement.dataset.ready = "yes";
})();
