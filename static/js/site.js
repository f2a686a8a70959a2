/* Every public page: the quick exit, the focus on the error summary where autofocus is not supported, and, after the page has
   loaded, the script of the 1 made of people.
   ES5, for old phones. */
(function () {
  "use strict";

  function leave(url) {
    // Blank the page first: on a slow network the neutral page takes seconds to load.
    document.documentElement.hidden = true;
    document.title = "";
    window.location.replace(url);
  }

  function exitAround(node) {
    while (node && node !== document) {
      if (node.hasAttribute && node.hasAttribute("data-exit")) {
        return node;
      }
      node = node.parentNode;
    }
    return null;
  }

  document.addEventListener("click", function (event) {
    var link = exitAround(event.target);
    if (link) {
      event.preventDefault();
      leave(link.href);
    }
  });

  var presses = [];

  document.addEventListener("keydown", function (event) {
    var link = document.querySelector("[data-exit]");
    if (event.key !== "Shift") {
      presses = [];
    } else if (!event.repeat) {
      presses = presses.concat(Date.now()).slice(-3);
      if (link && presses.length === 3 && presses[2] - presses[0] <= 5000) {
        leave(link.href);
      }
    }
  });

  window.addEventListener("load", function () {
    var live = document.querySelector("[data-script]");
    var script;
    if (live) {
      script = document.createElement("script");
      script.src = live.getAttribute("data-script");
      document.body.appendChild(script);
    }
    // Browsers apply autofocus just before the first frame, so check after it.
    window.requestAnimationFrame(function () {
      var summary = document.querySelector(".errors[autofocus]");
      if (summary && document.activeElement === document.body) {
        summary.focus();
      }
    });
  });
})();
