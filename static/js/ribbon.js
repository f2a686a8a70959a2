/* Draws the ribbon around a photo on a canvas; the photo is not uploaded. Browsers without support show only the ready-made picture. */
(function () {
  "use strict";

  // A larger photo is scaled down once, so that moving it stays quick on old phones. The picture is 1080 pixels wide.
  var SHORT_SIDE = 2160;
  var LONG_SIDE = 8192;

  var place = document.querySelector("[data-ribbon]");
  if (!place || !window.createImageBitmap || !HTMLCanvasElement.prototype.toBlob) {
    return;
  }
  var preview = place.querySelector(".ribbon-preview");
  var canvas = preview.querySelector("canvas");
  var choose = place.querySelector("[data-choose]");
  var input = place.querySelector("#photo");
  var label = place.querySelector("label[for=photo]");
  var result = place.querySelector("[data-result]");
  var error = place.querySelector("[role=alert]");
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

  // The photo upright: cameras store how they were held. Browsers that do not know the option turn it by themselves.
  function read(file) {
    return window.createImageBitmap(file, { imageOrientation: "from-image" }).catch(function () {
      return window.createImageBitmap(file);
    });
  }

  function scaledDown(bitmap) {
    var short = Math.min(bitmap.width, bitmap.height);
    var scale = Math.min(1, SHORT_SIDE / short, LONG_SIDE / Math.max(bitmap.width, bitmap.height));
    var small = document.createElement("canvas");
    small.width = Math.max(1, Math.round(bitmap.width * scale));
    small.height = Math.max(1, Math.round(bitmap.height * scale));
    small.getContext("2d").drawImage(bitmap, 0, 0, small.width, small.height);
    bitmap.close();
    return small;
  }

  function show(isDrawn) {
    canvas.hidden = result.hidden = !isDrawn;
    preview.querySelector("img").hidden = isDrawn;
    label.classList.toggle("btn-2", isDrawn);
  }

  function refuse(file) {
    var isHeic = /^image\/hei[cf]/.test(file.type) || /\.hei[cf]$/i.test(file.name);
    var kind = isHeic ? "heic" : /^image\//.test(file.type) ? "damaged" : "other";
    photo = null;
    show(false);
    // Not replace(): a name can hold "$&", which has a meaning there.
    error.textContent = error.getAttribute("data-" + kind).split("{name}").join(file.name);
  }

  frame.onload = draw;
  frame.src = place.getAttribute("data-ribbon");
  choose.hidden = false;

  input.addEventListener("change", function () {
    var file = input.files[0];
    if (!file) {
      return;
    }
    error.textContent = "";
    read(file).then(scaledDown).then(
      function (drawn) {
        photo = drawn;
        label.textContent = label.getAttribute("data-another");
        show(true);
        draw();
      },
      function () { refuse(file); }
    );
  });

  for (var i = 0; i < sliders.length; i += 1) {
    sliders[i].addEventListener("input", draw);
  }

  save.addEventListener("click", function () {
    error.textContent = "";
    canvas.toBlob(function (blob) {
      if (!blob) {
        error.textContent = error.getAttribute("data-unsaved");
        return;
      }
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
