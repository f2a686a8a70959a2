// Passkeys are offered where the browser has them; without JavaScript there is the password.
(() => {
  const has = window.PublicKeyCredential && navigator.credentials;
  for (const element of document.querySelectorAll(has ? "[data-passkey]" : "[data-no-passkey]")) element.hidden = false;

  // Said in words on the page: whoever closes the browser's question has done nothing wrong.
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    for (const element of document.querySelectorAll("[data-passkey-failed]")) element.hidden = false;
  });

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
})();
