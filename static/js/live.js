/* Updates the total and the 1 while the page is open: new dots appear in the next free places. Loaded by site.js on pages
   with the 1. Requests the totals at most every 30 seconds, and only while the page is visible. ES5, for old phones. */
(function () {
  "use strict";

  var INTERVAL_MS = 30000;
  var one = document.querySelector("[data-live]");
  var empty = one.querySelector(".free");
  var ring = one.querySelector(".visitor-place");
  var lead = one.querySelector(".visitor-label");
  var free = (empty.getAttribute("d") || "").split("M").slice(1);
  var asked = Date.now();
  var unit = +one.getAttribute("data-unit");
  var places = +one.getAttribute("data-places");
  var taken = +one.getAttribute("data-taken");
  var turn = +one.getAttribute("data-turn");

  function readable(people) {
    var sq = document.documentElement.lang === "sq";
    var text = String(people);
    return sq && text.length < 5 ? text : text.replace(/\B(?=(\d{3})+$)/g, sq ? "\u00a0" : ",");
  }

  // The next free place in filling order. The ring marks one of them; it moves on when its place is taken.
  function nextPlace() {
    var place;
    if (turn > 0 || !ring) {
      turn -= 1;
      return free.shift();
    }
    place = ring.getAttribute("cx") + " " + ring.getAttribute("cy") + "h.01";
    if (lead) {
      lead.parentNode.removeChild(lead);
      lead = null;
    }
    if (free.length) {
      ring.setAttribute("cx", free[0].split(" ")[0]);
      ring.setAttribute("cy", parseFloat(free[0].split(" ")[1]));
      free.shift();
    } else {
      ring.parentNode.removeChild(ring);
      ring = null;
    }
    return place;
  }

  function drop(path) {
    var place = nextPlace();
    var dot = path.cloneNode(false);
    dot.removeAttribute("data-sector");
    dot.setAttribute("class", path.getAttribute("class") + " new");
    dot.setAttribute("d", "M" + place);
    one.insertBefore(dot, ring);
    empty.setAttribute("d", free.length ? "M" + free.join("M") : "");
    taken += 1;
  }

  function show(data) {
    var counts = document.querySelectorAll("[data-count]");
    var paths = one.querySelectorAll("[data-sector]");
    var i, most, grown, people, sector;
    for (i = 0; i < counts.length; i += 1) {
      counts[i].textContent = readable(data.total);
    }
    while (taken < Math.min(places, Math.floor(data.total / unit))) {
      // The dot goes to the sector that has grown most since its last dot.
      most = null;
      for (i = 0; i < paths.length; i += 1) {
        sector = data.sectors[paths[i].getAttribute("data-sector")];
        people = sector ? sector.total - paths[i].getAttribute("data-people") : 0;
        if (most === null || people > grown) {
          most = paths[i];
          grown = people;
        }
      }
      most.setAttribute("data-people", +most.getAttribute("data-people") + unit);
      drop(most);
    }
  }

  function ask() {
    var request;
    if (document.hidden || Date.now() - asked < INTERVAL_MS) {
      return;
    }
    asked = Date.now();
    request = new XMLHttpRequest();
    request.onload = function () {
      if (request.status === 200) {
        show(JSON.parse(request.responseText));
      }
    };
    request.open("GET", one.getAttribute("data-live"));
    // Bypasses the browser's cache, which would return a stale response first (stale-while-revalidate). Shared caches still answer.
    request.setRequestHeader("Cache-Control", "no-cache");
    request.send();
  }

  document.addEventListener("visibilitychange", ask);
  window.setInterval(ask, 1000);
})();
