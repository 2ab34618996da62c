// The terminal takes the keys as soon as it is there, without a click.
// It is made when the page has loaded, by a listener that is older than this one.
window.addEventListener("load", () => document.querySelector(".xterm-helper-textarea")?.focus());
