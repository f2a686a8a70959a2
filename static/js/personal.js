/* Pages behind a personal link: takes the link out of the address bar, where others could read or copy it. */
(function () {
  "use strict";

  var script = document.querySelector("script[data-address]");
  window.history.replaceState(null, "", script.getAttribute("data-address"));
})();
