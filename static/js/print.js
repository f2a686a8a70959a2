/* A button that prints the page. Without JavaScript it is hidden, and the page says how to print. */
(function () {
  "use strict";

  var place = document.querySelector("[data-print]");
  if (place && window.print) {
    place.hidden = false;
    place.querySelector("button").addEventListener("click", function () { window.print(); });
  }
})();
