/* Every public page: the quick exit, the focus on the error summary where autofocus is not supported, the back button after a
   form was sent, the page of a group or an organisation that is reloaded, and, after the page has loaded, the script of the 1 made of people.
   ES5, for old phones. */
(function () {
  "use strict";

  // The address of the thank-you page, which shows a number and no data, stays in this tab: reloading and the back button lead to
  // it again (thanks.py), in place of the address that personal.js gave the page.
  function keepThanks(address) {
    try {
      window.sessionStorage.setItem("thanks", address);
    } catch (error) {
      // Browsers that forbid storage show the page once.
    }
  }

  function returnToThanks() {
    var address = null;
    try {
      address = window.sessionStorage.getItem("thanks");
    } catch (error) {
      return;
    }
    // 1 is a reload, 2 the back button.
    if (address && window.performance && window.performance.navigation.type > 0) {
      window.location.replace(address);
    }
  }

  function leave(url) {
    // Blank the page first: on a slow network the neutral page takes seconds to load.
    document.documentElement.hidden = true;
    keepThanks("");
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

  // The page of a group or an organisation left the address bar, but its history entry has its address (personal.js).
  var entry = window.history.state;
  if (entry && entry.address) {
    leave(entry.address);
  }

  var thanks = document.querySelector("[data-again]");
  if (thanks) {
    keepThanks(thanks.getAttribute("data-again"));
  } else if (document.querySelector("[data-forget]")) {
    keepThanks("");
  } else if (document.querySelector("[data-thanked]")) {
    returnToThanks();
  }

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

  // The back button must not show a form that was sent to the next person who uses the device. A form that is sent marks its
  // history entry, and the page that says that it arrived marks the tab. Only both together empty the form: one that came back
  // with errors or did not reach us keeps what was typed. The marks hold nothing that was typed.
  var arrived = document.querySelector("[data-arrived]");

  function markTab(hasArrived) {
    try {
      window.sessionStorage.setItem("arrived", hasArrived);
    } catch (error) {
      // Browsers that forbid storage keep what was typed.
    }
  }

  function isSentAndArrived() {
    try {
      return window.history.state === "sent" && window.sessionStorage.getItem("arrived") === "true";
    } catch (error) {
      return false;
    }
  }

  // Before all of the page is loaded, and again when the browser shows a page that it kept.
  if (arrived) {
    markTab(true);
  }

  document.addEventListener("submit", function () {
    window.history.replaceState("sent", "");
    markTab(false);
  });

  window.addEventListener("pageshow", function () {
    if (arrived) {
      markTab(true);
    } else if (isSentAndArrived()) {
      document.documentElement.hidden = true;
      window.history.replaceState(null, "");
      window.location.replace(window.location.pathname + window.location.search);
    }
  });

  window.addEventListener("load", function () {
    var live = document.querySelector("[data-script]");
    var script;
    // Nothing moves beside a form.
    if (live && !document.querySelector("[data-still]")) {
      script = document.createElement("script");
      script.src = live.getAttribute("data-script");
      document.body.appendChild(script);
    }
    // Browsers apply autofocus just before the first frame, so check after it.
    window.requestAnimationFrame(function () {
      var summary = document.querySelector(".errors[autofocus], .check[autofocus]");
      if (summary && document.activeElement === document.body) {
        summary.focus();
      }
    });
  });
})();
