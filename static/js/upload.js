/* Admin, form of a picture: previews the chosen file under the focus grid, and reports a file that is too large before upload. */
(() => {
  "use strict";
  const input = document.querySelector("input[type=file][data-max-bytes]");
  const grid = document.querySelector(".focus-grid");
  if (!input || !grid) return;

  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.setCustomValidity(file && file.size > Number(input.dataset.maxBytes) ? input.dataset.tooLarge : "");
    input.reportValidity();
    if (!file) return;
    try {
      // Drawn on a canvas: the CSP does not allow blob: URLs as images.
      const picture = await createImageBitmap(file);
      const scale = Math.min(1, 640 / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      grid.querySelector("img, canvas")?.remove();
      grid.prepend(canvas);
      grid.classList.remove("empty");
    } catch {
      // The browser cannot read the file; the server reports the error.
    }
  });
})();
