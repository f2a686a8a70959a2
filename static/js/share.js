/* Sharing: adds the share sheet of the device and a copy button. Without JavaScript the address can be copied by hand. */
(function () {
  "use strict";

  var place = document.querySelector("[data-share]");
  if (!place) {
    return;
  }
  var words = place.getAttribute("data-share");
  var sheet = place.querySelector("[data-share-sheet]");
  var copy = place.querySelector("[data-copy]");
  var status = place.querySelector("[role=status]");

  if (navigator.share) {
    sheet.hidden = false;
    sheet.addEventListener("click", function () {
      // Closing the sheet rejects the promise; that is no error.
      navigator.share({ text: words }).catch(function () {});
    });
  }
  if (navigator.clipboard) {
    copy.addEventListener("click", function () {
      navigator.clipboard.writeText(words).then(function () {
        status.textContent = copy.getAttribute("data-copied");
      });
    });
  } else {
    copy.hidden = true;
  }
  place.hidden = !navigator.share && !navigator.clipboard;
})();
