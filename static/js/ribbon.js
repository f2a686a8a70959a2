/* Draws the ribbon around a photo on a canvas; the photo is not uploaded. Browsers without support show only the finished picture. */
(function () {
  "use strict";

  var place = document.querySelector("[data-ribbon]");
  if (!place || !window.createImageBitmap || !HTMLCanvasElement.prototype.toBlob) {
    return;
  }
  var canvas = place.querySelector("canvas");
  var result = place.querySelector("[data-result]");
  var status = place.querySelector("[role=status]");
  var save = place.querySelector("[data-save]");
  var sliders = place.querySelectorAll("input[type=range]");
  var frame = new Image();
  var photo = null;

  function share(id) {
    return place.querySelector("#" + id).value / 100;
  }

  function draw() {
    if (!photo || !frame.complete) {
      return;
    }
    var side = canvas.width;
    var scale = (side / Math.min(photo.width, photo.height)) * share("zoom");
    var width = photo.width * scale;
    var height = photo.height * scale;
    var context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, side, side);
    context.drawImage(photo, (side - width) * share("across"), (side - height) * share("down"), width, height);
    context.drawImage(frame, 0, 0, side, side);
  }

  frame.onload = draw;
  frame.src = place.getAttribute("data-ribbon");
  place.hidden = false;

  place.querySelector("#photo").addEventListener("change", function (event) {
    var file = event.target.files[0];
    if (!file) {
      return;
    }
    window.createImageBitmap(file).then(
      function (read) {
        photo = read;
        status.textContent = "";
        result.hidden = false;
        draw();
      },
      function () {
        photo = null;
        result.hidden = true;
        status.textContent = place.getAttribute("data-failed");
      }
    );
  });

  for (var i = 0; i < sliders.length; i += 1) {
    sliders[i].addEventListener("input", draw);
  }

  save.addEventListener("click", function () {
    canvas.toBlob(function (blob) {
      var link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = save.getAttribute("data-save");
      document.body.appendChild(link);
      link.click();
      document.body.removeChild(link);
      setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
    }, "image/jpeg", 0.9);
  });
})();
