// Before the first paint: the theme that was chosen, or the system's.
(function () {
  var t = null;
  try {
    t = JSON.parse(localStorage.getItem('strongroom.prefs') || '{}').theme;
  } catch (e) {
    t = null;
  }
  if (t !== 'light' && t !== 'dark') t = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  document.documentElement.dataset.bsTheme = t;
})();
