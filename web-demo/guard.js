// A plain script, read before the modules: where they fail to start, it says so in words instead
// of leaving the page waiting. app.js takes over as soon as it runs.
(() => {
  /** @param {ErrorEvent} event */
  const show = (event) => {
    const box = document.getElementById('problem');
    const text = box?.querySelector('.problem-text');
    if (!box || !text || document.body.dataset.state) return;
    const detail = event.message ? ` (${event.message})` : '';
    text.textContent = `The page could not start. Its browser may be too old, or a file is missing.${detail}`;
    box.querySelector('.problem-close')?.setAttribute('hidden', '');
    box.hidden = false;
  };
  // Errors of loading a script don't bubble: they are caught on their way down.
  addEventListener('error', show, true);
})();
