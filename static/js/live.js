/* Updates the total and the 1 while the page is open: new dots appear in the next free places. Loaded by site.js on pages
   with the 1. Requests the totals at most every 30 seconds, and only while the page is visible. ES5, for old phones. */
(function () {
  "use strict";

  var INTERVAL_MS = 30000;
  var mosaic = document.querySelector("[data-live]");
  var freePath = mosaic.querySelector(".free");
  var visitor = mosaic.querySelector(".visitor-place");
  var free = (freePath.getAttribute("d") || "").split("M").slice(1);
  var requestedAt = Date.now();
  var unit = +mosaic.getAttribute("data-unit");
  var places = +mosaic.getAttribute("data-places");
  var taken = +mosaic.getAttribute("data-taken");
  var nearVisitor = +mosaic.getAttribute("data-near-visitor");
  var total = +mosaic.getAttribute("data-total");
  var today = document.querySelector("[data-today]");

  function readable(people) {
    var sq = document.documentElement.lang === "sq";
    var text = String(people);
    return sq && text.length < 5 ? text : text.replace(/\B(?=(\d{3})+$)/g, sq ? "\u00a0" : ",");
  }

  // The next free place in filling order; the ring marks the last one.
  function nextPlace() {
    var ring;
    if (free.length) {
      return free.shift();
    }
    ring = visitor.querySelector("circle");
    visitor.parentNode.removeChild(visitor);
    return ring.getAttribute("cx") + " " + ring.getAttribute("cy") + "h.01";
  }

  function addDot(path) {
    var place = nextPlace();
    var dot = path.cloneNode(false);
    dot.removeAttribute("data-sector");
    dot.setAttribute("class", path.getAttribute("class") + " new");
    dot.setAttribute("d", "M" + place);
    freePath.parentNode.appendChild(dot);
    freePath.setAttribute("d", free.length ? "M" + free.join("M") : "");
    taken += 1;
    if (free.length < nearVisitor) {
      // A wide ring would cover the dots beside it.
      visitor.setAttribute("class", "visitor-place");
    }
  }

  // People who have come since the page was made came today, until midnight in Tirana.
  function showToday(data) {
    var people = +today.getAttribute("data-today") + data.total - total;
    var isOver = Date.parse(data.as_of) >= Date.parse(today.getAttribute("data-until"));
    today.textContent = isOver || people < 1 ? "" : today.getAttribute("data-words").replace("0", readable(people));
  }

  function show(data) {
    var counts = document.querySelectorAll("[data-count]");
    var paths = mosaic.querySelectorAll("[data-sector]");
    var i, growing, grown, people, sector;
    for (i = 0; i < counts.length; i += 1) {
      counts[i].textContent = readable(data.total);
    }
    if (today) {
      showToday(data);
    }
    while (taken < Math.min(places, Math.floor(data.total / unit))) {
      // The dot goes to the sector that has grown most since its last dot.
      growing = null;
      for (i = 0; i < paths.length; i += 1) {
        sector = data.sectors[paths[i].getAttribute("data-sector")];
        people = sector ? sector.total - paths[i].getAttribute("data-people") : 0;
        if (growing === null || people > grown) {
          growing = paths[i];
          grown = people;
        }
      }
      growing.setAttribute("data-people", +growing.getAttribute("data-people") + unit);
      addDot(growing);
    }
  }

  function update() {
    var request;
    if (document.hidden || Date.now() - requestedAt < INTERVAL_MS) {
      return;
    }
    requestedAt = Date.now();
    request = new XMLHttpRequest();
    request.onload = function () {
      if (request.status === 200) {
        show(JSON.parse(request.responseText));
      }
    };
    request.open("GET", mosaic.getAttribute("data-live"));
    // Bypasses the browser's cache, which would return a stale response first (stale-while-revalidate). Shared caches still answer.
    request.setRequestHeader("Cache-Control", "no-cache");
    request.send();
  }

  document.addEventListener("visibilitychange", update);
  window.setInterval(update, 1000);
})();
