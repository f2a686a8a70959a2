/* Pages behind a personal link: takes the link out of the address bar, where others could read or copy it, and sends a form once
   when its button is pressed twice. The second answer would replace the first, which alone shows number and links of a pledge.
   Chromium keeps a page that was left for some minutes, in spite of "no-store": the back button gets the page of the new address
   instead. The link of a group or an organisation does not age, and its page shows nothing about the adult: its history entry keeps
   the link, so that reloading and the back button open the page again (site.js). */
(function () {
  "use strict";

  var PATIENCE_MS = 5000;
  var script = document.querySelector("script[data-address]");
  var sentAt = 0;

  var state = script.hasAttribute("data-returns") ? { address: window.location.pathname } : null;

  // With the part of the page that the link leads to: browsers scroll there later.
  window.history.replaceState(state, "", script.getAttribute("data-address") + window.location.hash);

  window.addEventListener("pagehide", function () {
    document.documentElement.hidden = true;
  });

  window.addEventListener("pageshow", function (event) {
    if (event.persisted) {
      window.location.reload();
    }
  });

  document.addEventListener("submit", function (event) {
    if (Date.now() - sentAt < PATIENCE_MS) {
      event.preventDefault();
    } else {
      sentAt = Date.now();
      if (state) {
        // site.js has marked the entry as that of a form that was sent.
        window.history.replaceState(state, "");
      }
    }
  });
})();
