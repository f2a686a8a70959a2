/* The check that lets a form in above the limit of its network. It fetches a challenge (pledges/crypto/challenges.py), lets a
   worker solve it, and adds the solution to the form. A form that came back is checked at once, a form that asks everyone when
   somebody begins to fill it in. It is sent by itself only if its button was pressed meanwhile. Where the check does not work, the
   form can be sent without it. ES5, for old phones; static/altcha/pbkdf2.js is newer, and its failure is a failed check. */
(function () {
  "use strict";

  // A challenge expires after ten minutes.
  var LONGEST = 8 * 60 * 1000;
  // Ten times what a slow phone needs.
  var TIMEOUT = 40 * 1000;
  // A second press of the button would send the solution twice.
  var DOUBLE_PRESS = 5 * 1000;

  var status = document.querySelector(".check-status");
  var form = document.getElementById(status.getAttribute("data-form"));
  var box = document.querySelector(".check");
  var solution = document.createElement("input");
  // When the challenge was fetched that is being solved or is solved.
  var startedAt = 0;
  var isChecking = false;
  var sentAt = 0;
  // Whether the form is sent without a solution: it comes back with the way without the check.
  var goesWithout = false;
  // The button that was pressed before the check was done.
  var pressed = null;

  solution.type = "hidden";
  solution.name = "altcha";
  form.appendChild(solution);

  // While somebody fills in a form that asks everyone, the check is silent.
  function say(what) {
    if (box || pressed) {
      status.textContent = status.getAttribute("data-" + what);
    }
  }

  function offer(withCheck, without) {
    if (box) {
      box.querySelector(".with-check").hidden = !withCheck;
      box.querySelector(".without-check").hidden = !without;
    }
  }

  function fail() {
    var button = pressed;
    isChecking = false;
    offer(true, true);
    if (box && button) {
      // To the other way to send the form.
      box.querySelector(".with-check").insertAdjacentElement("afterbegin", status);
      box.focus();
    }
    say("failed");
    pressed = null;
    if (button && !box) {
      goesWithout = true;
      button.click();
    }
  }

  function succeed(challenge, found) {
    var button = pressed;
    isChecking = false;
    solution.value = window.btoa(JSON.stringify({ challenge: challenge, solution: found }));
    say("done");
    pressed = null;
    if (button) {
      button.click();
    }
  }

  function solve(challenge) {
    var worker = new Worker(status.getAttribute("data-worker"));
    worker.onerror = fail;
    worker.onmessage = function (event) {
      worker.terminate();
      if (event.data && event.data.derivedKey) {
        succeed(challenge, event.data);
      } else {
        fail();
      }
    };
    worker.postMessage({ type: "work", challenge: challenge, timeout: TIMEOUT });
  }

  function check() {
    if (isChecking) {
      return;
    }
    isChecking = true;
    startedAt = Date.now();
    solution.value = "";
    offer(true, false);
    say("checking");
    try {
      window
        .fetch(status.getAttribute("data-url"), { cache: "no-store" })
        .then(function (response) {
          return response.json();
        })
        .then(solve)
        .catch(fail);
    } catch (error) {
      fail();
    }
  }

  function isSolved() {
    return solution.value && Date.now() - startedAt < LONGEST;
  }

  // Before the listener of site.js, which marks the form as sent.
  form.addEventListener("submit", function (event) {
    var button = event.submitter || document.activeElement;
    if (button.name === "slow" || button.name === "switch") {
      return;
    }
    if (goesWithout || (isSolved() && !sentAt)) {
      sentAt = Date.now();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (Date.now() - sentAt > DOUBLE_PRESS) {
      sentAt = 0;
      pressed = button.form === form && !button.hasAttribute("aria-hidden") ? button : form.querySelector("[type=submit][name]");
      // Beside the button, where somebody looks who has pressed it.
      pressed.insertAdjacentElement("afterend", status);
      status.scrollIntoView({ block: "center" });
      check();
      say("sending");
    }
  });

  // The browser shows a page that it kept.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) {
      sentAt = 0;
      solution.value = "";
      goesWithout = false;
      status.textContent = "";
    }
  });

  if (box) {
    check();
  } else {
    form.addEventListener("focusin", function () {
      if (!isSolved() && !sentAt) {
        check();
      }
    });
  }
})();
