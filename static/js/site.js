/* What JavaScript adds: leaving at once, focus on the error summary in browsers that do not honour autofocus there, and, once
   the page is there, the script of the 1 made of people.
   Written for old phones: no syntax newer than 2009. */
(function () {
  "use strict";

  function leave(url) {
    // Blank first: the neutral page may take seconds on a slow network.
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
    // Autofocus is honoured just before the first frame: look only then.
    window.requestAnimationFrame(function () {
      var summary = document.querySelector(".errors[autofocus]");
      if (summary && document.activeElement === document.body) {
        summary.focus();
      }
    });
  });
})();
