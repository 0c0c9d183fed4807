// Before anything is drawn, so that nothing flashes: the theme that was chosen here, if one was.
(() => {
  try {
    const theme = localStorage.getItem("holdfast-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is switched off: the system's theme it is.
  }
})();
