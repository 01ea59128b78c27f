(() => {
  const root = document.documentElement;
  root.classList.add('scripted');

  document.querySelectorAll('nav button').forEach(button => button.addEventListener('click', () => {
    const shown = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', shown);
    document.querySelectorAll('.t' + button.dataset.trial).forEach(part => part.classList.toggle('off', !shown));
  }));

  const tip = document.createElement('div');
  tip.id = 'tip';
  tip.hidden = true;
  document.body.append(tip);
  document.querySelectorAll('svg title').forEach(title => {
    const mark = title.parentNode;
    mark.dataset.says = title.textContent;
    title.remove();
    mark.setAttribute('aria-label', mark.dataset.says);
  });
  const point = event => {
    const mark = event.target.closest && event.target.closest('[data-says]');
    tip.hidden = !mark;
    if (mark) {
      tip.textContent = mark.dataset.says;
      tip.style.left = Math.max(4, Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 4)) + 'px';
      tip.style.top = Math.max(4, event.clientY - tip.offsetHeight - 10) + 'px';
    }
  };
  document.addEventListener('pointermove', point);
  document.addEventListener('pointerdown', point);
})();
