// Offers passkeys in browsers that support them; without JavaScript there is the password.
(() => {
  const has = window.PublicKeyCredential && navigator.credentials;
  for (const element of document.querySelectorAll(has ? "[data-passkey]" : "[data-no-passkey]")) element.hidden = false;

  // Shows a message on the page instead of an alert: closing the browser's dialog is no error.
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    for (const element of document.querySelectorAll("[data-passkey-failed]")) element.hidden = false;
  });

  // Copies the text of the element that the button names.
  for (const button of document.querySelectorAll("[data-copies]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
      button.textContent = button.dataset.copied;
    });
  }

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
})();
