// Where a vault is chosen. What was chosen last opens by itself, unless somebody came here to choose again.
'use strict';
const el = (id) => document.getElementById(id);
const show = (id) => ['choose', 'certificate'].forEach((s) => (el(s).hidden = s !== id));

function fail(text) {
  const e = document.querySelector('.error');
  e.textContent = text;
  e.hidden = !text;
  document.querySelector('main').hidden = false;
}

const post = (path, body) =>
  fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

async function open(where, accept) {
  fail('');
  const r = await post('/start/open', { Where: where, Accept: accept || '' });
  const answer = await r.json();
  if (r.ok) location.replace(answer.URL);
  else if (r.status === 409) decide(where, answer);
  else {
    show('choose');
    fail(answer.Error);
  }
}

const groups = (hex) => hex.match(/.{1,4}/g).join(' ');

function decide(where, q) {
  const c = q.Certificate;
  el('certificate-h').textContent = q.Was ? 'This server shows another key than before' : 'Is this your server?';
  el('certificate-why').textContent = q.Was
    ? 'Either its certificate was made anew, or somebody stands between you and it.'
    : 'No authority that this computer trusts vouches for it: ' + c.Why;
  el('c-subject').textContent = c.Subject || 'nobody';
  el('c-issuer').textContent = c.Issuer || 'nobody';
  el('c-valid').textContent = new Date(c.From).toLocaleDateString() + ' – ' + new Date(c.Until).toLocaleDateString();
  el('c-print').textContent = groups(c.Fingerprint);
  el('c-was').textContent = q.Was ? groups(q.Was) : '';
  document.querySelectorAll('.was').forEach((e) => (e.hidden = !q.Was));
  el('accept').onclick = () => open(where, c.Fingerprint);
  show('certificate');
  el('refuse').focus();
}

el('refuse').onclick = () => show('choose');
el('personal').onclick = () => open('personal');
el('server').onsubmit = (e) => {
  e.preventDefault();
  void open(el('address').value);
};
for (const name of ['autostart', 'tray'])
  el(name).onchange = async (e) => {
    const r = await post('/start/prefer', { [name === 'tray' ? 'Tray' : 'Autostart']: e.target.checked });
    if (!r.ok) {
      e.target.checked = !e.target.checked;
      fail((await r.json()).Error);
    }
  };

/** The keys of an event, as the program writes them; '' while there are only modifiers, or none. */
function combo(e) {
  const key = /^(?:Key|Digit)(.)$/.exec(e.code)?.[1] ?? (/^(?:F\d+|Space)$/.test(e.code) ? e.code : '');
  const mods = [e.ctrlKey && 'Ctrl', e.altKey && 'Alt', e.shiftKey && 'Shift', e.metaKey && 'Super'].filter(Boolean);
  return key && mods.length ? [...mods, key].join('+') : '';
}

el('quick').onkeydown = async (e) => {
  const off = e.key === 'Delete' || e.key === 'Backspace';
  const keys = off ? '' : combo(e);
  if (!off && !keys) return;
  e.preventDefault();
  const r = await post('/start/prefer', { Quick: keys });
  fail(r.ok ? '' : (await r.json()).Error);
  if (r.ok) el('quick').value = keys;
};

(async () => {
  const s = await (await fetch('/start/state')).json();
  el('version').textContent = 'Version ' + s.Version;
  el('autostart').checked = s.Autostart;
  el('tray').checked = s.Tray;
  el('quick').value = s.Quick;
  if (s.QuickWhy) el('quick-note').textContent = 'These keys do nothing: ' + s.QuickWhy + '. ' + el('quick-note').textContent;
  for (const u of s.Servers || []) el('known').append(Object.assign(document.createElement('option'), { value: u }));
  if (s.Choice && s.Choice !== 'personal') el('address').value = s.Choice;
  if (s.Choice && !s.Choosing) return void (await open(s.Choice));
  document.querySelector('main').hidden = false;
  el('personal').focus();
})().catch((e) => fail(String(e)));
