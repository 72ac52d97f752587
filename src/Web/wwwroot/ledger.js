// What a page does by itself: the theme, times in the viewer's zone, copying, keys, and what is shown while the connection is away.
// Loaded before anything is drawn. It handles everything by delegation, so that parts that come and go need no wiring.
(() => {
  'use strict';
  const root = document.documentElement;
  const stored = (name, value) => {
    try {
      return value === undefined ? localStorage.getItem(name) : localStorage.setItem(name, value);
    } catch {
      return null; // Storage may be forbidden; the page works without.
    }
  };

  // --- theme: light, dark, or as the system says -----------------------------------------------------------------------------------------
  const system = matchMedia('(prefers-color-scheme: dark)');
  const choice = () => stored('ledger-theme') || 'system';
  const applyTheme = () => {
    const chosen = choice();
    root.dataset.theme = chosen === 'system' ? (system.matches ? 'dark' : 'light') : chosen;
    for (const button of document.querySelectorAll('[data-theme-choice]')) {
      button.setAttribute('aria-pressed', String(button.dataset.themeChoice === chosen));
    }
  };
  system.addEventListener('change', applyTheme);
  applyTheme();

  // --- times: <l-time at="…" as="ago|time|date"> and <l-span from="…" to="…"> -----------------------------------------------------------------
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const steps = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const forms = {
    time: { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' },
    date: { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
    short: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  };
  const utc = (date) => `${date.toISOString().replace('T', ' ').replace('Z', '')} UTC`;
  const relative = (date) => {
    const seconds = Math.round((date - Date.now()) / 1000);
    if (Math.abs(seconds) < 5) return 'just now';
    if (Math.abs(seconds) > 6 * 86400) return date.toLocaleString('en-GB', forms.short);
    const [unit, size] = steps.find(([, each]) => Math.abs(seconds) >= each);
    const count = `${Math.floor(Math.abs(seconds) / size)} ${unit}`;
    return seconds < 0 ? `${count} ago` : `in ${count}`;
  };
  const span = (ms) => {
    if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
    const s = ms / 1000;
    if (s < 10) return `${s.toFixed(1)} s`;
    if (s < 60) return `${Math.floor(s)} s`;
    const m = Math.floor(s / 60);
    if (m < 60) return `${m} min ${String(Math.floor(s % 60)).padStart(2, '0')} s`;
    return m < 2880 ? `${Math.floor(m / 60)} h ${String(m % 60).padStart(2, '0')} min` : `${Math.floor(m / 1440)} d ${Math.floor((m % 1440) / 60)} h`;
  };

  class Ticking extends HTMLElement {
    static live = new Set();
    connectedCallback() { this.draw(); Ticking.live.add(this); }
    disconnectedCallback() { Ticking.live.delete(this); }
    attributeChangedCallback() { if (this.isConnected) this.draw(); }
    show(text) { if (this.textContent !== text) this.textContent = text; }
  }
  class LedgerTime extends Ticking {
    static observedAttributes = ['at', 'as'];
    draw() {
      const date = new Date(this.getAttribute('at'));
      if (Number.isNaN(date.getTime())) return;
      const as = this.getAttribute('as') || 'ago';
      this.title = `${date.toLocaleString('en-GB', forms.date)} (${zone})\n${utc(date)}`;
      this.show(as === 'ago' ? relative(date) : date.toLocaleString('en-GB', forms[as]));
    }
  }
  class LedgerSpan extends Ticking {
    static observedAttributes = ['from', 'to'];
    draw() {
      const to = this.getAttribute('to');
      this.show(span((to ? new Date(to) : new Date()) - new Date(this.getAttribute('from'))));
    }
  }
  customElements.define('l-time', LedgerTime);
  customElements.define('l-span', LedgerSpan);
  setInterval(() => { if (!document.hidden) for (const element of Ticking.live) element.draw(); }, 1000);

  // --- copying -----------------------------------------------------------------------------------------------------------------------------
  const copy = async (text) => {
    if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement('textarea');
    area.value = text;
    area.style.position = 'fixed';
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  };
  const say = (text) => {
    const status = document.getElementById('l-status');
    if (status) { status.textContent = ''; requestAnimationFrame(() => { status.textContent = text; }); }
  };

  document.addEventListener('click', async (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const chosen = target?.closest('[data-theme-choice]');
    if (chosen) { stored('ledger-theme', chosen.dataset.themeChoice); applyTheme(); return; }
    const button = target?.closest('[data-copy], [data-copy-from]');
    if (button) {
      event.stopPropagation();
      event.preventDefault();
      const text = button.dataset.copy ?? document.querySelector(button.dataset.copyFrom)?.textContent ?? '';
      await copy(text);
      button.dataset.copied = '';
      say('Copied.');
      setTimeout(() => delete button.dataset.copied, 1500);
    }
    if (target?.closest('[data-reload]')) location.reload();
    for (const menu of document.querySelectorAll('details.menu[open]')) if (!menu.contains(target)) menu.open = false;
  }, true);

  // --- keys: "/" finds, Escape closes a menu -------------------------------------------------------------------------------------------------
  document.addEventListener('keydown', (event) => {
    const typing = event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable]');
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = document.getElementById('l-search');
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
    if (event.key === 'Escape') {
      for (const menu of document.querySelectorAll('details.menu[open]')) { menu.open = false; menu.querySelector('summary')?.focus(); }
    }
  });

  document.addEventListener('DOMContentLoaded', () => {
    applyTheme();

    // A cookie that is not sent along from other sites is there all the same: who came by a link from elsewhere goes on.
    const resume = document.querySelector('[data-resume]');
    if (resume) {
      fetch('/sign-in/session', { credentials: 'same-origin', cache: 'no-store' })
        .then((answer) => { if (answer.status === 204) location.replace(resume.dataset.resume); })
        .catch(() => {});
    }

    // --- the connection: the framework sets classes on its notice; what cannot be resumed is loaded again -------------------------------------
    const notice = document.getElementById('components-reconnect-modal');
    const isUp = (health) => fetch(health, { cache: 'no-store' }).then((answer) => answer.ok, () => false);
    const reloadWhenUp = async (health) => {
      while (!(await isUp(health))) await new Promise((wait) => setTimeout(wait, 1000));
      location.reload();
    };
    notice?.addEventListener('components-reconnect-state-changed', (event) => {
      const state = event.detail.state;
      notice.dataset.state = state;
      if (state === 'failed' || state === 'rejected') reloadWhenUp('/health/live');
    });

    // A page that could not be drawn because something is away is opened again when that is back.
    const awaited = document.querySelector('[data-await]');
    if (awaited) setTimeout(() => reloadWhenUp(awaited.dataset.await), 1000);
  });

  window.ledger = {
    theme: applyTheme,
    focus: (id) => document.getElementById(id)?.focus(),
    download: (name, text) => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    },
  };
})();
