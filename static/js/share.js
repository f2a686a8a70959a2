/* What JavaScript adds to sharing: the phone's own sheet, and copying. Without it the address stands there to be copied by hand. */
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
      // Whoever closes the sheet has changed their mind: no error.
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
