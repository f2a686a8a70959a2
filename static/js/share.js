/* Passing a link on (templates/pledges/signing/ways.html): adds a copy button, and the share sheet of the device where it has one. What
   fails says so and shows the link to copy by hand. Without JavaScript the links to WhatsApp, Viber and Facebook and the link itself remain. */
(function () {
  "use strict";

  var place = document.querySelector("[data-share]");
  var words = place.getAttribute("data-share");
  var address = place.getAttribute("data-address");
  var copy = place.querySelector("[data-copy]");
  var sheet = place.querySelector("[data-sheet]");
  var status = place.querySelector("[role=status]");
  var byHand = place.querySelector(".address");

  function say(what) {
    status.textContent = status.getAttribute("data-" + what);
    byHand.textContent = what === "copied" ? "" : address;
  }

  copy.parentNode.hidden = false;
  copy.addEventListener("click", function () {
    // Browsers have no clipboard for pages without TLS.
    var done = navigator.clipboard ? navigator.clipboard.writeText(address) : Promise.reject();
    done.then(
      function () {
        say("copied");
      },
      function () {
        say("not-copied");
      }
    );
  });

  if (navigator.share) {
    sheet.parentNode.hidden = false;
    sheet.addEventListener("click", function () {
      navigator.share({ text: words, url: address }).catch(function (error) {
        // Closing the sheet is no failure.
        if (error.name !== "AbortError") {
          say("not-shared");
        }
      });
    });
  }
})();
