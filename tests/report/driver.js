// Uses the page as a person would, and leaves what it saw in an attribute.
const seen = {};
const $ = (id) => document.getElementById(id);
const names = () => [...document.querySelectorAll("#hosts .name")].map((name) => name.textContent);
const chip = (group) => document.querySelector(`.chip[data-group=${group}]`);
const type = (words) => { $("search").value = words; $("search").dispatchEvent(new Event("input")); };
const order = (value) => { $("sort").value = value; $("sort").dispatchEvent(new Event("change")); };
const later = () => new Promise((done) => setTimeout(done, 300));
(async () => {
  seen.title = document.title;
  seen.all = $("shown").textContent;
  seen.chips = [...document.querySelectorAll(".chip")].map((one) => one.textContent);
  chip("failed").click();
  seen.failed = names();
  seen.pressed = chip("failed").getAttribute("aria-pressed");
  seen.some = $("shown").textContent;
  chip("failed").click();
  type("unable to LOCATE"); await later();
  seen.output = names();
  type("no such words anywhere"); await later();
  seen.nothing = $("hosts").textContent;
  type(""); await later();
  order("slowest");
  seen.slowest = names()[0];
  order("inventory");
  seen.spent = [...document.querySelectorAll("#spent td.step")].map((cell) => cell.textContent);
  document.querySelector("#spent button").click(); await later();
  seen.linked = names();
  type(""); await later();
  seen.tracks = document.querySelectorAll("#hosts .track i").length;
  const inside = [...document.querySelectorAll("#hosts .track i")].filter((piece) => {
    const left = parseFloat(piece.style.left), width = parseFloat(piece.style.width);
    return !(left >= 0 && width >= 0 && left + width <= 100.01);
  });
  seen.outside = inside.map((piece) => piece.title);
  seen.ticks = [...document.querySelectorAll("#ticks span")].map((tick) => tick.textContent);
  const second = document.querySelectorAll("#hosts details")[1];
  second.querySelector("summary").click(); await later();
  seen.open = second.querySelector(".body").textContent;
  seen.more = !$("more").hidden && $("more").textContent;
  seen.strangers = document.querySelectorAll("img, iframe, object, a, form, script:not([type])").length;
  seen.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  seen.unnamed = [...document.querySelectorAll("button, input, select")].filter((one) =>
    !(one.textContent.trim() || one.getAttribute("aria-label"))).length;
  document.body.dataset.seen = btoa(unescape(encodeURIComponent(JSON.stringify(seen))));
})();
